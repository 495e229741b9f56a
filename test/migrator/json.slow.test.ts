import * as path from "node:path";
import { FormatRegistry, type TSchema } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { EXIT } from "../../lib/contract";
import { commandNames } from "../../lib/migrator/commands";
import { lineSchema } from "../../lib/migrator/json-schema";
import { roles } from "../../lib/roles";
import { RESULTS } from "../../lib/roles/json-schema";
import { usePostgres } from "../support/postgres";
import { migrateHere } from "./support/command";
import { makeFolder, pairs, tables, write } from "./support/folder";

FormatRegistry.Set("date-time", (text) => new Date(text).toISOString() === text);

const LINE = lineSchema(RESULTS);

const BLOCKS_WRITES = {
  "1_t": ["create table t (a int)", "drop table t"] as const,
  "2_i": ["create index i on t (a)", "drop index i"] as const,
};

const postgres = usePostgres();
const line = TypeCompiler.Compile(LINE);

test("docs/migrate.schema.json is what this release prints", () => {
  expect(`${JSON.stringify(LINE, null, 2)}\n`).toMatchFile(path.resolve(__dirname, "../../docs/migrate.schema.json"));
});

/** The lines of a command, each held against the schema; the last one is returned, with the exit code. */
async function last(environment: Record<string, string>, ...args: string[]) {
  const { code, stdout, stderr } = await migrateHere([...args, "--json"], environment);
  expect(stderr).toBe("");
  const lines = stdout
    .trimEnd()
    .split("\n")
    .map((text) => JSON.parse(text));
  for (const object of lines)
    expect({
      object,
      wrong: line.Check(object) ? [] : [...line.Errors(object)].map(({ path: at, message }) => `${at} ${message}`),
    }).toEqual({ object, wrong: [] });
  return { code, lines, ...lines.at(-1) };
}

test("the schema refuses what nothing prints", () => {
  for (const wrong of [
    {},
    { result: "up" },
    { level: "error" },
    { result: "wait", version: 1, more: 1 },
    { level: "info" },
  ])
    expect(line.Check(wrong)).toBe(false);
});

test("successes, one of each command", async () => {
  const directory = makeFolder(tables(3));
  const environment = { DATABASE_URL: await postgres.createDatabase(), MIGRATIONS_DIR: directory };
  const { "000002_t2.up.sql": t2 = "", ...others } = tables(3);
  const { "000002_t2.down.sql": _, ...rest } = others;
  const renumbered = makeFolder({ ...rest, "000004_t2.up.sql": t2 });
  const results = [
    await last(environment, "baseline", "--version", "1", "--yes"),
    await last(environment, "up", "--to", "2"),
    await last(environment, "status"),
    await last(environment, "plan", "--sql", "--data"),
    await last({ ...environment, MIGRATIONS_DIR: makeFolder(pairs(BLOCKS_WRITES)) }, "lint"),
    await last(environment, "up"),
    await last(environment, "up"),
    await last(environment, "wait", "--version", "3"),
    await last(environment, "down", "--steps", "1", "--yes"),
    await last(environment, "verify", "--no-drift"),
    await last(environment, "verify"),
    await last(environment, "test", "--trace"),
    await last({ ...environment, MIGRATIONS_DIR: renumbered }, "repair", "--dry-run"),
    await last({ ...environment, MIGRATIONS_DIR: renumbered }, "repair", "--yes"),
    await last(environment, "create", "more"),
    await last({ ...environment, DATABASE_URL: postgres.server.url() }, "bootstrap", "--no-test-users"),
  ];
  const seen = results.map(({ result, code }) => `${result} ${code}`);
  expect(seen.join(", ")).toBe(
    "baseline 0, up 0, status 3, plan 0, lint 5, up 0, up 0, wait 0, down 0, verify 3, verify 5, test 0, repair 3, repair 3, create 0, bootstrap 0",
  );
});

describe("refusals and failures", () => {
  test("of the checks, of SQL, of the arguments, of the connection, of time", async () => {
    const directory = makeFolder({ ...tables(2), ...pairs({ "3_bad": "select 1;\nselect nope;" }) });
    const environment = { DATABASE_URL: await postgres.createDatabase(), MIGRATIONS_DIR: directory };
    const codes = [
      await last(environment, "up"),
      await last(environment, "baseline", "--force", "1", "--yes"),
      await last(environment, "wait", "--version", "3", "--timeout", "0.1"),
      await last(environment, "down", "--to", "1"),
      await last(environment, "create"),
      await last({ ...environment, DATABASE_URL: "postgres://u@127.0.0.1:1/d" }, "status", "--connect-tries", "1"),
      await last(environment, "bootstrap", "--connect-tries", "never"),
    ].map(({ level, exitCode, code }) => `${level} ${exitCode === code} ${code}`);
    expect(codes).toEqual(
      [EXIT.sql, EXIT.refused, EXIT.pending, EXIT.usage, EXIT.usage, EXIT.unreachable, EXIT.usage].map(
        (code) => `error true ${code}`,
      ),
    );
    write(directory, { "000001_t1.up.sql": "select 'changed'" });
    for (const command of ["up", "down --steps 1 --yes", "baseline --version 3 --yes"])
      expect((await last(environment, ...command.split(" "))).level).toBe("error");
    expect(await last(environment, "verify")).toMatchObject({
      result: "verify",
      code: EXIT.refused,
      drift: { checked: false },
    });
    expect(await last(environment, "status")).toMatchObject({ result: "status", code: EXIT.refused });
  });

  test("drift, and a down file that undoes nothing", async () => {
    const directory = makeFolder(pairs({ "1_a": ["create table if not exists a ()", "select 1"] }));
    const environment = { DATABASE_URL: await postgres.createDatabase(), MIGRATIONS_DIR: directory };
    expect(await last(environment, "test")).toMatchObject({
      code: EXIT.refused,
      passed: false,
      migrations: [{ state: "different", problems: ["after down: + table a"] }],
    });
    await last(environment, "up");
    await postgres.query(environment.DATABASE_URL, "alter table a add b int");
    expect(await last(environment, "verify")).toMatchObject({
      code: EXIT.refused,
      drift: { checked: true, differences: ["+ column a.b integer"] },
    });
    expect(await last(environment, "verify", "--ignore", "a.b", "--ignore", "nothing")).toMatchObject({
      code: EXIT.ok,
      drift: { ignored: [{ differences: ["+ column a.b integer"] }, { differences: [] }], useless: ["nothing"] },
    });
  });
});

test("every command has a result in the schema", () => {
  const known = (LINE.anyOf as TSchema[]).flatMap(({ properties }) => properties.result?.const ?? []);
  expect([...known].sort()).toEqual([...commandNames(roles)].sort());
});
