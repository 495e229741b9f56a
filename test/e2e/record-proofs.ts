import { readFile, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { execute, type Kubectl } from "../../lib/deploy/kubectl";
import { type ProvenRun, proofsPage } from "./proofs";

const PAGE = path.join("docs", "proofs.md");

/** Writes the cases of a run into docs/proofs.md, whatever their outcome. Returns the page's path. */
export async function recordProofs(
  root: string,
  kubectl: Kubectl,
  run: Pick<ProvenRun, "cases" | "results">,
): Promise<string> {
  const file = path.join(root, PAGE);
  const page = proofsPage({
    ...run,
    before: await readFile(file, "utf8"),
    date: new Date().toISOString().slice(0, 10),
    commit: await commitOf(root, kubectl),
    machine: await machineOf(kubectl),
  });
  await writeFile(file, page);
  return PAGE;
}

async function commitOf(root: string, { env }: Kubectl): Promise<string> {
  const git = async (...args: string[]) => (await execute("git", args, { cwd: root, env })).stdout.trim();
  const commit = await git("rev-parse", "--short", "HEAD");
  const changed = await git("status", "--porcelain", "--", ".", `:!${PAGE}`);
  return changed === "" ? commit : `${commit}, with changes that are not committed`;
}

interface NodeStatus {
  readonly capacity: { readonly cpu: string; readonly memory: string };
  readonly nodeInfo: { readonly kubeletVersion: string };
}

/** Describes the cluster by its nodes. */
async function machineOf(kubectl: Kubectl): Promise<string> {
  const nodes = (await kubectl.list("nodes")).map(({ status }) => status as unknown as NodeStatus);
  return nodes
    .map(({ capacity, nodeInfo }) => {
      const gibibytes = Math.round(Number.parseInt(capacity.memory, 10) / 2 ** 20);
      return `Kubernetes ${nodeInfo.kubeletVersion} on ${capacity.cpu} cores and ${gibibytes} GiB`;
    })
    .join("; ");
}
