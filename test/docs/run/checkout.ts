import { execFile } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { promisify } from "node:util";
import { temporaryFolder } from "../../support/temporary-folder";

const ROOT = path.resolve(__dirname, "../../..");
const run = promisify(execFile);

/** A copy of the project as a reader has it after `git clone` and `npm ci`, in which commands may change everything. */
export class Checkout {
  private constructor(readonly folder: string) {}

  /** Copies what git knows, as it is now, into a repository of its own, and links the installed packages. */
  static async make(): Promise<Checkout> {
    const folder = await fs.mkdtemp(path.join(temporaryFolder(), "diabrisk-docs-"));
    const { stdout } = await run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
      cwd: ROOT,
    });
    for (const file of stdout.split("\0").filter(Boolean)) await copy(file, folder);
    await fs.symlink(path.join(ROOT, "node_modules"), path.join(folder, "node_modules"));
    const checkout = new Checkout(folder);
    // A link is no folder for .gitignore.
    await checkout.type(
      "git init -q && echo node_modules >> .git/info/exclude && git add -A && " +
        "git -c user.name=docs -c user.email=docs@localhost commit -qm start",
    );
    return checkout;
  }

  /** Runs a command in bash, and resolves with all that it prints. @throws Error with that if its exit code is not 0 */
  async type(command: string, environment: Readonly<Record<string, string>> = {}): Promise<string> {
    const settings = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    // The programs would follow jest's own settings, and print colours where CI is set.
    const unset = ["NODE_ENV", "JEST_WORKER_ID", "NODE_OPTIONS", "CI"].flatMap((name) => ["-u", name]);
    const clean = [...unset, ...settings];
    const script = `exec 2>&1 </dev/null; set -eo pipefail\n${command}`;
    try {
      const { stdout } = await run("env", [...clean, "bash", "-c", script], { cwd: this.folder, maxBuffer: 2 ** 26 });
      return stdout;
    } catch (error) {
      const { code, stdout } = error as { code?: unknown; stdout?: string };
      throw new Error(`\`${command}\` ended with ${code}:\n${stdout}`);
    }
  }

  remove(): Promise<void> {
    return fs.rm(this.folder, { recursive: true, force: true });
  }
}

async function copy(file: string, folder: string): Promise<void> {
  const target = path.join(folder, file);
  await fs.mkdir(path.dirname(target), { recursive: true });
  await fs.copyFile(path.join(ROOT, file), target).catch((error: NodeJS.ErrnoException) => {
    // Deleted, and not yet committed.
    if (error.code !== "ENOENT") throw error;
  });
}
