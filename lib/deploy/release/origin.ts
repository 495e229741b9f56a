import * as path from "node:path";
import { migrationsIn } from "../../common/contents";
import { VERSION } from "../../contract";
import { execute, type Kubectl } from "../kubectl";
import type { Origin } from "./record";

/** Reads what a checkout's release is made from. */
export async function originOf(root: string, env: NodeJS.ProcessEnv): Promise<Origin> {
  const migrations = migrationsIn(path.join(root, "migrations"));
  if (!migrations) throw new TypeError(`${root}/migrations holds no migration, although it was synthesized.`);
  return { version: VERSION, migrations, ...(await commitOf(root, env)) };
}

/** Reads the commit; nothing outside of a repository or without git. */
async function commitOf(root: string, env: NodeJS.ProcessEnv): Promise<Pick<Origin, "commit" | "dirty">> {
  const git = async (...args: string[]) => {
    const outcome = await execute("git", args, { cwd: root, env }).catch(() => undefined);
    return outcome?.code === 0 ? outcome.stdout.trim() : undefined;
  };
  const commit = await git("rev-parse", "HEAD");
  if (commit === undefined) return {};
  return { commit, dirty: (await git("status", "--porcelain")) !== "" };
}

/** Reads the name of the user in kubectl's context. */
export async function userOf(kubectl: Kubectl): Promise<{ readonly by?: string }> {
  const { code, stdout } = await kubectl.try([
    "config",
    "view",
    "--minify",
    "--output=jsonpath={.contexts[0].context.user}",
  ]);
  return code === 0 && stdout.trim() !== "" ? { by: stdout.trim() } : {};
}
