import * as path from "node:path";
import { diff } from "../lib/deploy/diff/diff";
import type { Diff } from "../lib/deploy/diff/document";
import { Kubectl } from "../lib/deploy/kubectl";
import { type ManifestFile, stageNamespace } from "../lib/deploy/manifests";
import { bindContext } from "../lib/deploy/preflight/context";
import { preflight } from "../lib/deploy/preflight/preflight";
import { synthesize } from "../lib/deploy/synthesize";
import { stageNamed } from "../lib/stages";
import { dev } from "../lib/stages/dev";

const ROOT = path.resolve(__dirname, "..");

export interface Wanted {
  readonly stage: string;
  /** Name that the current context must have. */
  readonly context?: string;
  /** Whether a stage that names no contexts may be compared with any. */
  readonly anywhere: boolean;
  /** Receives the stage and the place, once they are known. */
  readonly say: (line: string) => void;
}

/** A stage's manifests, their cluster, and what deploying them there would do. */
export interface Foretold {
  readonly files: readonly ManifestFile[];
  /** Bound to the context and the namespace. */
  readonly kubectl: Kubectl;
  readonly diff: Diff;
}

/** Synthesizes a stage and asks the cluster what deploying it would do. The beginning of `deploy` and `diff`. */
export async function foretell({ stage, context: given, anywhere, say }: Wanted): Promise<Foretold> {
  const { contexts } = stageNamed(stage);
  const permission = { stage, contexts, given, anywhere: anywhere || stage === dev.name };
  const bound = await bindContext(new Kubectl(process.env), permission);
  const context = await bound.context();
  const files = await synthesize({ root: ROOT, stage, env: process.env });
  const namespace = stageNamespace(files).metadata.name;
  say(`stage ${stage}, context ${context}, namespace ${namespace}`);
  const kubectl = bound.in(namespace);
  const checked = await preflight(files, kubectl);
  const migrations = path.join(ROOT, "migrations");
  return { files, kubectl, diff: await diff({ kubectl, files, migrations, stage, context, namespace, checked }) };
}
