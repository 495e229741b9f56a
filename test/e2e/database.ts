import { DATABASE } from "../../lib/contract";
import type { Outcome, RunOptions } from "../../lib/deploy/kubectl";
import type { E2e } from "./case";

/** As the superuser over the socket, as a person would. */
const PSQL = ["psql", "-U", DATABASE.superuser, "-d", DATABASE.name, "-AtqX", "-v", "ON_ERROR_STOP=1"];

/** kubectl's arguments for a program beside the server. */
export const inServer = (...command: string[]) => [
  "exec",
  "--stdin",
  "postgres-0",
  "--container=postgres",
  "--",
  ...command,
];

/** Name by which kubectl finds the server that takes writes. */
export const serverName = ({ stage }: E2e) => (stage.engine === "statefulset" ? "postgres-0" : "service/postgres");

/** The same with any engine. */
const besideServer = (e2e: E2e, command: readonly string[]) =>
  inServer(...command).map((argument) => (argument === "postgres-0" ? serverName(e2e) : argument));

/** Runs a program beside the server, whatever its exit code. */
export const tryInServer = (e2e: E2e, command: readonly string[], options?: RunOptions): Promise<Outcome> =>
  e2e.kubectl.try(besideServer(e2e, command), options);

/** The rows of some statements as the superuser, each column as text without a bar. */
export async function query(e2e: E2e, sql: string, options?: RunOptions): Promise<readonly (readonly string[])[]> {
  // Not as an argument: a list of ids is longer than one may be.
  const output = await e2e.kubectl.run(besideServer(e2e, [...PSQL, "-f", "-"]), { ...options, input: sql });
  return output
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("|"));
}
