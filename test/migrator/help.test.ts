import { commandNames, loadCommand } from "../../lib/migrator/commands";
import { roles } from "../../lib/roles";
import { migrateHere } from "./support/command";

const COMMAND_NAMES = commandNames(roles);

const printed = async (...args: string[]) => (await migrateHere(args, {})).stdout;

describe.each(COMMAND_NAMES)("%s --help", (name) => {
  test("tells what it does, its options, examples and exit codes", async () => {
    const command = loadCommand(name, roles);
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
    const command = loadCommand(name, roles);
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
