import { access } from "node:fs/promises";
import * as path from "node:path";
import { execute } from "../../lib/deploy/kubectl";
import type { E2e } from "./case";

/** The program of the one-node cluster beside this folder, if that is the cluster which is tested. */
export async function sharedCluster(e2e: E2e): Promise<string | undefined> {
  const cluster = path.resolve(e2e.root, "..", "shared", "cluster", "cluster");
  const there = await access(cluster).then(
    () => true,
    () => false,
  );
  if (!there) return undefined;
  const { stdout } = await execute(cluster, ["kubeconfig"], { env: e2e.kubectl.env });
  const theirs = await server(e2e, [`--kubeconfig=${stdout.trim()}`]);
  return theirs !== undefined && theirs === (await server(e2e, [])) ? cluster : undefined;
}

async function server(e2e: E2e, flags: readonly string[]): Promise<string | undefined> {
  const view = ["config", "view", "--minify", "--output=jsonpath={.clusters[0].cluster.server}"];
  const { code, stdout } = await e2e.kubectl.try([...flags, ...view]);
  return code === 0 ? stdout : undefined;
}
