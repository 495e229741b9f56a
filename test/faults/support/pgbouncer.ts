import { PgBouncer } from "../../../bench/pgbouncer";
import type { TestPostgres } from "../../support/postgres";
import { findExecutable } from "./programs";

const PROGRAM = findExecutable(["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"]);

/** Why there is no PgBouncer to test with; undefined if there is one. */
export const lacksPgBouncer = PROGRAM ? undefined : "there is no pgbouncer; Debian's package has that name";

/** A real PgBouncer before a test server, in one pool mode, for the tests that follow in the same block. */
export function usePgBouncer(postgres: TestPostgres, settings: Readonly<Record<string, string>>): PgBouncer {
  const pooler = new PgBouncer(PROGRAM ?? "");
  beforeAll(() => pooler.start(postgres.server, settings));
  afterAll(() => pooler.stop());
  return pooler;
}
