import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import * as path from "node:path";

const ROOT = path.resolve(__dirname, "..");

/** Writes a commit's files into `folder`, with this checkout's packages. @throws Error if git or tar fails */
export function checkOut(commit: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const archive = spawnSync("git", ["archive", commit], { cwd: ROOT, maxBuffer: 2 ** 29 });
  const unpacked = spawnSync("tar", ["-x", "-C", folder], { input: archive.stdout });
  for (const { status, error, stderr } of [archive, unpacked]) {
    if (status !== 0) throw new Error(`${commit} cannot be written to ${folder}: ${error?.message ?? stderr}`);
  }
  symlinkSync(path.join(ROOT, "node_modules"), path.join(folder, "node_modules"));
}
