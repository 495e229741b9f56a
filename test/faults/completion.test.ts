import { execFile } from "node:child_process";
import { chmodSync } from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { COMMAND_NAMES } from "../../lib/migrator/commands";
import { migrateHere } from "../migrator/support/command";
import { makeFolder } from "../migrator/support/folder";
import { describeUnless, findExecutable } from "./support/programs";

const ROOT = path.resolve(__dirname, "../..");

/** Where Debian, others, and Homebrew put a shell. */
const FOLDERS = ["/usr/bin", "/bin", "/usr/local/bin", "/opt/homebrew/bin"];

/** Why a shell cannot be asked; undefined if it can. */
function lacks(shell: string): string | undefined {
  const found = findExecutable(FOLDERS.map((folder) => path.join(folder, shell)));
  return found ? undefined : `there is no ${shell} here; Debian has it in the package ${shell}`;
}

async function script(shell: string): Promise<string> {
  return (await migrateHere(["completion", shell], {})).stdout;
}

async function run(shell: string, args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(shell, args, { cwd: ROOT, timeout: 60_000 });
  expect(stderr).toBe("");
  return stdout;
}

/** What every shell offers for a line, with the cursor at its end. */
const CASES: Readonly<Record<string, readonly string[]>> = {
  "migrate ": COMMAND_NAMES,
  "migrate st": ["status"],
  "migrate --": ["--help", "--version"],
  "migrate up --lock-w": ["--lock-wait"],
  "migrate up --to ": [],
  "migrate down --s": ["--statement-timeout", "--steps", "--stop-grace"],
  "migrate create status --d": ["--dir"],
  "migrate create status --c": [],
  "migrate completion z": ["zsh"],
  "migrate baseline --from gr": ["graphile-migrate"],
  "migrate status --dir migr": ["migrations"],
  "migrate lint main.": ["main.ts"],
  "migrate nonsense --": [],
};

const TYPE = path.join(__dirname, "support/offers.zsh");

describeUnless(lacks("zsh"), "completion in zsh", () => {
  const COMPINIT = "autoload -Uz compinit; compinit -u -D";

  async function offers(setUp: string, line: string): Promise<string[]> {
    const said = await run("zsh", ["-f", TYPE, setUp, line]);
    const hits = [...said.slice(said.indexOf("<<BEGIN>>")).matchAll(/<<(.*?)>>/g)].map(([, hit = ""]) => hit);
    return [...new Set(hits)].filter((hit) => hit !== "BEGIN" && hit !== "END" && hit !== "");
  }

  test.each(Object.entries(CASES))("%j", async (line, expected) => {
    const folder = makeFolder({ script: await script("zsh") });
    const offered = await offers(`${COMPINIT}; source ${folder}/script`, line);
    expect(offered.sort()).toEqual([...expected].sort());
  });

  test("found by compinit in $fpath, from the first time on", async () => {
    const folder = makeFolder({ _migrate: await script("zsh") });
    expect(await offers(`fpath+=(${folder}); ${COMPINIT}`, "migrate st")).toEqual(["status"]);
  });
});

describeUnless(lacks("fish"), "completion in fish", () => {
  async function offers(line: string): Promise<string[]> {
    const folder = makeFolder({ "migrate.fish": await script("fish"), migrate: "#!/bin/sh" });
    // It looks for completions of commands alone that there are.
    chmodSync(path.join(folder, "migrate"), 0o755);
    const asked = `set fish_complete_path ${folder}; set -p PATH ${folder}; complete -C '${line}'`;
    const said = await run("fish", ["--no-config", "-c", asked]);
    return said.split("\n").flatMap((row) => row.split("\t")[0]?.replace(/\/$/, "") || []);
  }

  test.each(Object.entries(CASES))("%j", async (line, expected) => {
    expect((await offers(line)).sort()).toEqual([...expected].sort());
  });
});
