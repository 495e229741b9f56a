import { POSTGRES_POD } from "../../postgres/identity";
import type { Kubectl } from "../kubectl";
import { serverPod } from "../pods";
import { PSQL } from "../psql";
import { RollbackError } from "./rollback-error";

/** The schema of a namespace's database. */
export interface SchemaState {
  /** 0 before the first migration. */
  readonly version: number;
  /** Versions that are applied, in their order. */
  readonly applied: readonly number[];
}

const QUERY = `select json_build_object(
  'version', coalesce((select max(version) from public.schema_migrations), 0),
  'applied', coalesce((select json_agg(version order by version) from migrate.history where reverted_at is null), '[]'))`;

/** Asks the database in its pod, as the superuser. @throws RollbackError if it does not answer */
export async function readSchema(kubectl: Kubectl): Promise<SchemaState> {
  const pod = await serverPod(kubectl);
  const { code, stdout, stderr } = await kubectl.try([
    ...["exec", pod?.metadata.name ?? POSTGRES_POD, "--container=postgres", "--", ...PSQL, "-c", QUERY],
  ]);
  if (code === 0) return JSON.parse(stdout) as SchemaState;
  throw new RollbackError([
    `The database cannot be asked for its schema, on which it depends whether the older release can run: ${stderr.trim()} ` +
      "If it is down because of the newer release, say that you know better: --without-database.",
  ]);
}
