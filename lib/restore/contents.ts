import { readFileSync } from "node:fs";
import * as path from "node:path";
import type { DatabaseContents } from "../backup/contents";
import { CONTENTS_SQL } from "../backup/contents-sql";
import { digest } from "../common/digest";
import { DATABASE } from "../contract";
import type { Kubectl } from "../deploy/kubectl";
import { POSTGRES_IDENTITY, POSTGRES_POD } from "../postgres/identity";

/** Exact contents of a database, with the time of each table's newest row. */
export interface DatedContents extends DatabaseContents {
  /** By table, e.g. `2026-11-30 08:15:00` in UTC. Tables without a time of writing are left out. */
  readonly newest: Readonly<Record<string, string>>;
}

const CONTAINER = POSTGRES_IDENTITY.name;
/** A hash of hundreds of gigabytes takes hours. */
const PATIENCE_SECONDS = 24 * 3600;

const sql = (name: string) => readFileSync(path.join(__dirname, name), "utf8");

/** Reads everything within one snapshot. @throws KubectlError if the server does not answer */
export async function readContents(kubectl: Kubectl, pod: string = POSTGRES_POD): Promise<DatedContents> {
  return await ask(kubectl, pod, "");
}

/**
 * Shuts the live database and returns its contents, to which nothing can be added any more. A repetition needs
 * `openDatabase` before. @throws KubectlError if a session cannot be ended, or the server does not answer
 */
export async function fenceDatabase(kubectl: Kubectl): Promise<DatedContents> {
  await openDatabase(kubectl);
  return await ask(kubectl, POSTGRES_POD, sql("fence.sql"));
}

/** Lets the live database take connections again. Does nothing where it does. */
export async function openDatabase(kubectl: Kubectl): Promise<void> {
  const statement = `alter database ${DATABASE.name} with allow_connections true`;
  await psql(kubectl, POSTGRES_POD, "postgres", statement);
}

async function ask(kubectl: Kubectl, pod: string, before: string): Promise<DatedContents> {
  const snapshot = "begin isolation level repeatable read read only;";
  const text = [before, snapshot, sql("newest.sql"), CONTENTS_SQL, "commit;"].join("\n");
  const output = await psql(kubectl, pod, DATABASE.name, text);
  const [newest = "", contents = ""] = output.split("\n").filter((line) => line.startsWith("{"));
  return { ...(JSON.parse(contents) as DatabaseContents), newest: JSON.parse(newest) };
}

/** As the superuser over the socket, like a person. The statements are no argument, so that no list of processes has them. */
async function psql(kubectl: Kubectl, pod: string, database: string, text: string): Promise<string> {
  const settings = [`PGUSER=${DATABASE.superuser}`, `PGDATABASE=${database}`, "PGAPPNAME=restore"];
  const command = ["env", ...settings, "psql", "-AtqX", "-v", "ON_ERROR_STOP=1", "-f", "-"];
  const args = ["exec", "--stdin", pod, `--container=${CONTAINER}`, "--", ...command];
  return await kubectl.run(args, { input: text, seconds: PATIENCE_SECONDS });
}

/** A digest that tells whether two readings found the same rows. */
export const fingerprint = ({ tables }: Pick<DatabaseContents, "tables">): string => digest([JSON.stringify(tables)]);

/** Whether the live server takes connections of its superuser. */
export async function serverAnswers(kubectl: Kubectl): Promise<boolean> {
  const command = ["psql", "-AtqX", "-U", DATABASE.superuser, "-d", "postgres", "-c", "select 1"];
  const { code } = await kubectl.try(["exec", POSTGRES_POD, `--container=${CONTAINER}`, "--", ...command], {
    seconds: 30,
  });
  return code === 0;
}
