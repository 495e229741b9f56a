import { readFile } from "node:fs/promises";
import * as path from "node:path";
import { digest } from "../common/digest";
import { DATABASE } from "../contract";
import type { Kubectl } from "../deploy/kubectl";
import { POSTGRES_IDENTITY, POSTGRES_POD } from "../postgres/identity";
import type { TableContents } from "./plan";

/** Exact contents of a database, with the time of each table's newest row. */
export interface Contents {
  readonly tables: readonly TableContents[];
  /** By table, e.g. `2026-11-30 08:15:00` in UTC. Tables without a time of writing are left out. */
  readonly newest: Readonly<Record<string, string>>;
  readonly schemaVersion: number | undefined;
}

const CONTAINER = POSTGRES_IDENTITY.name;
/** A hash of hundreds of gigabytes takes hours. */
const PATIENCE_SECONDS = 24 * 3600;

const sql = (...names: readonly string[]) => readFile(path.join(__dirname, ...names), "utf8");

/** Reads everything within one snapshot. @throws KubectlError if the server does not answer */
export async function readContents(kubectl: Kubectl, pod: string = POSTGRES_POD): Promise<Contents> {
  return await ask(kubectl, pod, "");
}

/**
 * Shuts the live database and returns its contents, to which nothing can be added any more. A repetition needs
 * `openDatabase` before. @throws KubectlError if a session cannot be ended, or the server does not answer
 */
export async function fenceDatabase(kubectl: Kubectl): Promise<Contents> {
  await openDatabase(kubectl);
  return await ask(kubectl, POSTGRES_POD, await sql("fence.sql"));
}

/** Lets the live database take connections again. Does nothing where it does. */
export async function openDatabase(kubectl: Kubectl): Promise<void> {
  const statement = `alter database ${DATABASE.name} with allow_connections true`;
  await psql(kubectl, POSTGRES_POD, "postgres", statement);
}

async function ask(kubectl: Kubectl, pod: string, before: string): Promise<Contents> {
  const [newest, contents] = await Promise.all([sql("newest.sql"), sql("..", "backup", "contents.sql")]);
  const snapshot = "begin isolation level repeatable read read only;";
  const output = await psql(kubectl, pod, DATABASE.name, [before, snapshot, newest, contents, "commit;"].join("\n"));
  const lines = output.split("\n").filter((line) => line.startsWith("{"));
  const [first = "", second = ""] = lines;
  const { tables, schema } = JSON.parse(second) as Found;
  return { tables, newest: JSON.parse(first), schemaVersion: schema.version ?? undefined };
}

interface Found {
  readonly tables: readonly TableContents[];
  readonly schema: { readonly version: number | null };
}

/** As the superuser over the socket, like a person. The statements are no argument, so that no list of processes has them. */
async function psql(kubectl: Kubectl, pod: string, database: string, text: string): Promise<string> {
  const settings = [`PGUSER=${DATABASE.superuser}`, `PGDATABASE=${database}`, "PGAPPNAME=restore"];
  const command = ["env", ...settings, "psql", "-AtqX", "-v", "ON_ERROR_STOP=1", "-f", "-"];
  const args = ["exec", "--stdin", pod, `--container=${CONTAINER}`, "--", ...command];
  return await kubectl.run(args, { input: text, seconds: PATIENCE_SECONDS });
}

/** A digest that tells whether two readings found the same rows. */
export const fingerprint = ({ tables }: Pick<Contents, "tables">): string => digest([JSON.stringify(tables)]);
