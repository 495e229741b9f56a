import type { UsageError } from "../../lib/common/command-line";
import { parseRestoreArguments } from "../../lib/restore/arguments";

const parse = (...args: string[]) => parseRestoreArguments(args, ["dev", "prod"]);

test("restores the newest backup unless another is named", () => {
  expect(parse("dev")).toEqual({ stage: "dev", action: "restore" });
  expect(parse("prod", "--backup", "42", "--identity", "key.txt")).toMatchObject({ backup: "42", identity: "key.txt" });
  expect(parse("prod", "--at", "2026-11-30T09:15+01:00")?.at).toEqual(new Date("2026-11-30T08:15:00Z"));
});

test.each(["2026-11-30", "2026-11-30T08:15", "yesterday", "2026-13-01T00:00Z"])("%s is no time", (at) => {
  expect(() => parse("dev", "--at", at)).toThrow(/takes a time with its zone/);
});

test("names all that is wrong at once", () => {
  const args = ["dev", "--backup", "42", "--at", "now", "--confirm", "prod", "--back", "--discard"];
  const problems = (() => {
    try {
      parse(...args);
    } catch (error) {
      return (error as UsageError).problems;
    }
    return [];
  })();
  expect(problems).toEqual([
    "--backup and --at exclude each other.",
    expect.stringContaining('--at is "now"'),
    '--confirm is "prod", but the stage is dev.',
    "--back and --discard exclude each other.",
    "--backup belongs to a restore, not to --back.",
    "--at belongs to a restore, not to --back.",
  ]);
});
