import * as path from "node:path";
import { execute, KubectlError, type Outcome } from "../../lib/deploy/kubectl";
import { find } from "../../lib/deploy/manifests";
import type { E2e } from "./case";
import { sharedCluster } from "./shared-cluster";

/** The image that dev's Deployment names. */
export function serviceImage({ files }: E2e): string {
  const { spec } = find(files, "Deployment", "data-svc") as unknown as {
    spec: { template: { spec: { containers: { image: string }[] } } };
  };
  return spec.template.spec.containers[0]?.image ?? "";
}

/** Builds the Dockerfile of a folder and puts the image where the cluster's nodes find it. */
type Builder = (tag: string, folder: string) => Promise<void>;

const MINUTES = 60;

/**
 * Builds the Dockerfile of `folder` as `tag` with what this machine and this cluster have.
 * @param folder default the project's
 * @throws KubectlError
 */
export async function buildImage(tag: string, e2e: E2e, folder = e2e.root): Promise<void> {
  const builder = (await sharedBuilder(e2e)) ?? (await dockerBuilder(e2e));
  await builder(tag, folder);
}

/** The one-node cluster beside this folder brings a builder of its own; undefined if this is another cluster. */
async function sharedBuilder(e2e: E2e): Promise<Builder | undefined> {
  const cluster = await sharedCluster(e2e);
  if (!cluster) return undefined;
  return async (tag, folder) => {
    e2e.say(`building ${tag} with ${path.relative(e2e.root, cluster)} (20 minutes at most)`);
    await must(cluster, ["build-image", folder, tag], e2e);
  };
}

/** Docker, and the way into the nodes that the context's name tells of. */
async function dockerBuilder(e2e: E2e): Promise<Builder> {
  const context = await e2e.kubectl.context();
  const { tool, name } = /^(?<tool>k3d|kind)-(?<name>.+)$/.exec(context)?.groups ?? {};
  if (tool === undefined || name === undefined) {
    throw new KubectlError(
      `Context ${context} is not k3d's or kind's, so it is not known how an image gets into its nodes. ` +
        "Put it there yourself and run again with --no-build.",
      "failed",
    );
  }
  const load = (tag: string) =>
    tool === "k3d" ? ["image", "import", tag, "-c", name] : ["load", "docker-image", tag, "--name", name];
  return async (tag, folder) => {
    e2e.say(`building ${tag} with docker, loading it with ${tool} (20 minutes at most each)`);
    await must("docker", ["build", "--tag", tag, folder], e2e);
    await must(tool, load(tag), e2e);
  };
}

async function must(command: string, args: readonly string[], { kubectl }: E2e): Promise<Outcome> {
  const outcome = await execute(command, args, { env: kubectl.env, seconds: 20 * MINUTES });
  if (outcome.code === 0) return outcome;
  const said = `${outcome.stdout}\n${outcome.stderr}`.trim().split("\n").slice(-40).join("\n");
  throw new KubectlError(
    `\`${[command, ...args].join(" ")}\` failed with exit code ${outcome.code}:\n${said}`,
    "failed",
  );
}

/** Bytes of an image as a node reports them; undefined until one does. */
export async function imageSize(tag: string, e2e: E2e): Promise<number | undefined> {
  const nodes = await e2e.kubectl.list("nodes");
  const images = nodes.flatMap((node) => (node.status?.images ?? []) as readonly NodeImage[]);
  return images.find(({ names }) => names?.some((name) => name === tag || name.endsWith(`/${tag}`)))?.sizeBytes;
}

interface NodeImage {
  /** Null of an image whose tag another one has taken. */
  readonly names: readonly string[] | null;
  readonly sizeBytes: number;
}
