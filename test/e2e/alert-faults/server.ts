import { strict as assert } from "node:assert";
import { TLS_SECRET } from "../../../lib/contract";
import type { Logins } from "../../../lib/deploy/rotate";
import { serverNames } from "../../../lib/postgres/identity";
import { issueTls } from "../../../lib/secrets/issue";
import type { E2e } from "../case";
import { query, tryInServer } from "../database";
import { credentialsInCluster, tlsValues, untilFollowed } from "../rotation";

/** Runs a statement, and another one to undo it. */
export const sql = (statement: string, undo: string) => async (e2e: E2e) => {
  await query(e2e, statement);
  return async () => {
    await query(e2e, undo);
  };
};

const VOLUME = "/var/lib/postgresql/data";

/** Leaves the volume this many MiB. */
export const filled = (left: number) => async (e2e: E2e) => {
  const free = `$(df -Pk ${VOLUME} | awk 'END { print int($4 / 1024) }')`;
  const fill = `dd if=/dev/zero of=${VOLUME}/filler bs=1M count=$((${free} - ${left}))`;
  const { code, stderr } = await tryInServer(e2e, ["sh", "-c", fill]);
  assert.equal(code, 0, stderr);
  return async () => {
    await tryInServer(e2e, ["rm", "-f", `${VOLUME}/filler`]);
  };
};

/** Gives the server a certificate that ends in `days`. Data-svc tells the end of the one that it meets, so it has to connect anew. */
export const expiring = (days: number) => async (e2e: E2e) => {
  const before = await credentialsInCluster(e2e);
  // A certificate lasts a year from the day that it is made for.
  const tls = await issueTls(serverNames(e2e.namespace), new Date(Date.now() - (365 - days) * 86_400_000));
  const serve = async (now: Logins, then: Logins) => {
    const data = Object.fromEntries(
      Object.entries(tlsValues(then)).map(([key, text]) => [key, Buffer.from(text).toString("base64")]),
    );
    await e2e.kubectl.run([
      ...["patch", `secret/${TLS_SECRET}`, "--type=merge", `--patch=${JSON.stringify({ data })}`],
    ]);
    await untilFollowed(e2e, "tls", now, then);
    await query(e2e, "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'data_svc'");
  };
  const after = { ...before, tls };
  await serve(before, after);
  return () => serve(after, before);
};

/** The role has another password than its Secret, and the exporter has to connect anew. */
export async function otherPassword(e2e: E2e): Promise<() => Promise<void>> {
  // The reloader would set it again.
  await query(e2e, "alter role monitor nologin");
  await query(e2e, "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'monitor'");
  return async () => {
    await query(e2e, "alter role monitor login");
  };
}

/** Data-svc's new sessions are read-only, as somebody may have set it by hand. */
export async function readOnlyByHand(e2e: E2e): Promise<() => Promise<void>> {
  const renew = "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'data_svc'";
  await query(e2e, `alter role data_svc set default_transaction_read_only = on; ${renew}`);
  return async () => {
    await query(e2e, `alter role data_svc reset default_transaction_read_only; ${renew}`);
  };
}
