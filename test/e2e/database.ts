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

/** Runs a program beside the server, whatever its exit code. */
export const tryInServer = ({ kubectl }: E2e, command: readonly string[], options?: RunOptions): Promise<Outcome> =>
  kubectl.try(inServer(...command), options);

/** The rows of some statements as the superuser, each column as text without a bar. */
export async function query(
  { kubectl }: E2e,
  sql: string,
  options?: RunOptions,
): Promise<readonly (readonly string[])[]> {
  // Not as an argument: a list of ids is longer than one may be.
  const output = await kubectl.run(inServer(...PSQL, "-f", "-"), { ...options, input: sql });
  return output
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("|"));
}
