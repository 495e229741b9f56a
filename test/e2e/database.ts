import { DATABASE } from "../../lib/contract";
import type { E2e } from "./case";

const PSQL = ["psql", "-U", DATABASE.superuser, "-d", DATABASE.name, "-AtqX", "-v", "ON_ERROR_STOP=1", "-c"];

/** The rows of one statement as the superuser, each column as text without a bar. */
export async function query({ kubectl }: E2e, sql: string): Promise<readonly (readonly string[])[]> {
  const output = await kubectl.run(["exec", "postgres-0", "--", ...PSQL, sql]);
  return output
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("|"));
}
