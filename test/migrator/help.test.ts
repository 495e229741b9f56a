import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { COMMAND_NAMES, loadCommand } from "../../lib/migrator/commands";
import { migrateHere } from "./support/command";

const printed = async (...args: string[]) => (await migrateHere(args, {})).stdout;

describe.each(COMMAND_NAMES)("%s --help", (name) => {
  test("tells what it does, its options, examples and exit codes", async () => {
    const command = loadCommand(name);
    const help = await printed(name, "--help");
    expect(help.startsWith(`migrate ${name} `)).toBe(true);
    expect(help).toContain(command?.summary);
    for (const flag of Object.keys(command?.flags ?? {})) expect(help).toMatch(new RegExp(`--${flag}\\b`));
    expect(help).toMatch(/\nExamples:\n.*migrate /);
    expect(help).toMatch(/\nExit codes:\n {2}0 /);
    expect(help).toMatch(/\n {2}2 .*settings/);
    expect(help.split("\n").filter((line) => line.length > 130)).toEqual([]);
  });

  test("its examples name options that it has", () => {
    const command = loadCommand(name);
    const lines = (command?.examples ?? []).map(([line]) => line).filter((line) => line.startsWith("migrate "));
    for (const line of lines) {
      expect(line.split(" ")[1]).toBe(name);
      for (const [, flag = ""] of line.split("|")[0]?.matchAll(/ --([a-z-]+)/g) ?? []) {
        expect(Object.keys({ ...command?.flags, json: true })).toContain(flag);
      }
    }
  });
});

test("the list of commands fits a terminal", async () => {
  const help = await printed("--help");
  for (const name of COMMAND_NAMES) expect(help).toMatch(new RegExp(`^ {2}${name} +[A-Z]`, "m"));
  expect(help.split("\n").filter((line) => line.length > 100)).toEqual([]);
});

describe("completion in bash", () => {
  /** What bash offers for a line that ends where the cursor is. */
  async function offers(line: string): Promise<string[]> {
    const words = line.split(" ");
    const script = `${await printed("completion", "bash")}
      complete -p migrate >/dev/null || exit 1
      COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}
      _migrate 2>/dev/null; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await promisify(execFile)("bash", ["--norc", "-c", script]);
    return stdout.trim().split("\n").filter(Boolean);
  }

  const cases: Record<string, readonly string[]> = {
    "migrate st": ["status"],
    "migrate b": ["baseline", "bootstrap"],
    "migrate --v": ["--version"],
    "migrate up --lock-w": ["--lock-wait"],
    "migrate up --to ": [],
    "migrate down --s": ["--steps", "--statement-timeout", "--stop-grace"],
    "migrate completion z": ["zsh"],
    "migrate status --dir migr": ["migrations"],
    // What bash makes of --dir=migr and --dir=.
    "migrate status --dir = migr": ["migrations"],
    "migrate wait --timeout =": [],
    "migrate baseline --from gr": ["graphile-migrate"],
    "migrate lint main.": ["main.ts"],
    "migrate nonsense --": [],
  };
  test.each(Object.entries(cases))("%j", async (line, expected) => {
    expect((await offers(line)).sort()).toEqual([...expected].sort());
  });

  test("knows every command", async () => {
    expect(await offers("migrate ")).toEqual([...COMMAND_NAMES, "--help", "--version"]);
  });
});

test.each(["zsh", "fish"])("completion in %s names every command and every option", async (shell) => {
  const script = await printed("completion", shell);
  for (const name of COMMAND_NAMES) {
    expect(script).toContain(name);
    for (const flag of Object.keys(loadCommand(name)?.flags ?? {})) expect(script).toContain(flag);
  }
});

test("completion of a shell that it does not know says which it knows", async () => {
  const { code, stderr } = await migrateHere(["completion", "bsh"], {});
  expect(stderr).toMatch(/"bsh" is none of bash, zsh, fish\. Did you mean bash\?/);
  expect(code).toBe(2);
});
