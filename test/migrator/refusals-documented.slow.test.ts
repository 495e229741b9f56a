import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { Client } from "pg";
import { EXIT } from "../../lib/contract";
import { readState } from "../../lib/migrator/database/inspect";
import { usePostgres } from "../support/postgres";
import { failure, migratorFor, writes } from "./support/database";
import { type Files, makeFolder, pairs } from "./support/folder";

const postgres = usePostgres();

/** What the guide's table says that a refusal says, phrase by phrase. */
function documented(): string[] {
  const guide = readFileSync(path.join(__dirname, "../../docs/migrations.md"), "utf8");
  const section = guide.split("## What a refusal means")[1]?.split(/^## /m)[0] ?? "";
  const rows = section.split("\n").filter((line) => /^\| (?!it says|-)/.test(line));
  return rows.flatMap((row) => row.split("|")[1]?.split(/; |, (?=is |holds )/) ?? []).map((phrase) => phrase.trim());
}

/** `…` is anything, `N` a number. */
function pattern(phrase: string): RegExp {
  const literal = phrase.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(literal.replace(/\s*…\s*/g, "[\\s\\S]*?").replace(/\bN\b/g, "\\d+"));
}

interface Case {
  /** What ran before, by `up`. */
  readonly before?: Files;
  /** What somebody else did to the database. */
  readonly sql?: string;
  readonly files: Files;
  /** A pipe among them. */
  readonly pipe?: string;
}

const A = "create table a (id int);";
const first = pairs({ "1_a": A });
const squash = pairs({ "2_s": `-- migrate:squashes 1-2\n${A}` });
const second = (sql: string | Buffer): Case => ({
  files: { ...first, "2_b.up.sql": sql, "2_b.down.sql": "select 1;" },
});
const golang = (row: string) =>
  `create table schema_migrations (version bigint not null primary key, dirty boolean not null); insert into schema_migrations values ${row}`;

const CASES: Readonly<Record<string, Case>> = {
  "Version N belongs to more than one migration": { files: { ...first, ...pairs({ "000001_b": "select 1;" }) } },
  "has a control character in its name": { files: { ...first, ...pairs({ "2_b\u001b[31m": "select 1;" }) } },
  "has no … beside it": { files: { "1_a.down.sql": "select 1;" } },
  "is not named like a migration": { files: { ...first, "x.sql": "" } },
  "is no regular file": { files: first, pipe: "2_b.up.sql" },
  "has changed since it was applied": { before: first, files: pairs({ "1_a": "create table b (id int);" }) },
  "has been applied, but its file is not in …": { before: first, files: pairs({ "2_b": "select 1;" }) },
  "Files have been renumbered": { before: first, files: pairs({ "2_a": A }) },
  "stands for N-N, which this database has run": { before: pairs({ "1_a": A, "2_b": "select 1;" }), files: squash },
  "stands for N-N, and the database is at N": { before: pairs({ "1_a": A }), files: squash },
  "is late": { before: pairs({ "2_b": "select 1;" }), files: { ...first, ...pairs({ "2_b": "select 1;" }) } },
  "Refused by a check": { before: first, ...second("-- check: select false\nselect 1;") },
  "looks like a check": second("-- checks: select false\nselect 1;"),
  "A check …": second("-- check: select 1; select 2\nselect 1;"),
  "never ends": second("select 'a"),
  "is a command of psql": second("\\i x"),
  "COPY … FROM stdin": second("copy a from stdin;\n1\n\\."),
  "would end or change the transaction": second("select 1; commit; select 2;"),
  "SET TRANSACTION has to come before": second("set transaction isolation level serializable;"),
  "RESET ALL would take away the limits": second("reset all;"),
  "would give away the lock": second("select pg_advisory_unlock_all();"),
  "cannot run in a transaction": second("vacuum;"),
  "holds no statement": second("-- nothing"),
  "is not UTF-8": second(Buffer.from("select '\xe4';", "latin1")),
  "is UTF-16": second(Buffer.from("\ufeffselect 1;", "utf16le")),
  "holds a NUL byte": second("select 1;\0"),
  "The database … is dirty": { sql: golang("(1, true)"), files: first },
  "is dbmate's …": { sql: "create table schema_migrations (version varchar primary key)", files: first },
  "… has migrated this database": { sql: "create table pgmigrations (id int)", files: first },
  "has the form of golang-migrate's record, but is not in the current schema": {
    sql: `create schema old; ${golang("(1, false)").replaceAll("schema_migrations", "old.moves")}`,
    files: first,
  },
  "is not empty …, and no record says what has run": { sql: "create table a (id int)", files: first },
  "The history of … ran in schema …": {
    before: first,
    sql: "create schema two; do $$ begin execute format('alter database %I set search_path = two', current_database()); end $$",
    files: first,
  },
};

/** About the server itself. These are judged by one row of its, before anything else is asked. */
const SERVERS: Readonly<Record<string, Partial<Parameters<typeof readState>[1]>>> = {
  "The server is PostgreSQL N": { serverVersion: 150012 },
  "a connection pooler": { pid: 8 },
};

test("every refusal in the guide's table is tried here, and every one tried here is in the guide", () => {
  expect([...Object.keys(CASES), ...Object.keys(SERVERS)].sort()).toEqual(documented().sort());
});

test.each(Object.entries(CASES))("%s: and no transaction has written", async (phrase, { before, sql, files, pipe }) => {
  const url = await postgres.createDatabase();
  if (before) await migratorFor(url, makeFolder(before)).up();
  if (sql) await postgres.query(url, sql);
  const folder = makeFolder(files);
  if (pipe) execFileSync("mkfifo", [path.join(folder, pipe)]);
  const written = await writes(postgres, url);
  const error = await failure(migratorFor(url, folder).up());
  expect(error.exitCode).toBe(EXIT.refused);
  expect(error.message).toMatch(pattern(phrase));
  expect(await writes(postgres, url)).toBe(written);
});

test.each(Object.entries(SERVERS))("%s: and nothing more is asked of it", async (phrase, difference) => {
  const healthy = { serverVersion: 160014, pid: 7, standby: false, database: "d", user: "u", watchesClients: true };
  const row = { ...healthy, tables: null, ...difference };
  // Not connected: it could not ask.
  const error = await failure(
    readState(Object.assign(new Client(), { processID: 7 }), row as Parameters<typeof readState>[1]),
  );
  expect(error.exitCode).toBe(EXIT.refused);
  expect(error.message).toMatch(pattern(phrase));
});
