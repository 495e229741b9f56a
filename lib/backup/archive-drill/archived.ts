import type { ClientConfig } from "pg";
import { openSession, rowOf } from "./session";
import { until } from "./until";

/**
 * Waits until the archive has all of the log that there is now, and one record more: a recovery ends at a place only when
 * it has seen a record beyond.
 */
export async function untilArchived(primary: ClientConfig, deadline: number): Promise<void> {
  const client = await openSession(primary);
  try {
    await client.query("select pg_catalog.pg_create_restore_point('archive drill')");
    const { wanted } = await rowOf<{ wanted: string }>(
      client,
      "select pg_catalog.pg_walfile_name(pg_catalog.pg_switch_wal()) as wanted",
    );
    await until(
      async () => {
        const { last, there } = await rowOf<{ last: string | null; there: boolean | null }>(
          client,
          // Names of backups' labels begin like a segment's, and those of histories sort before every segment's.
          `select last_archived_wal as last, left(last_archived_wal, 24) collate "C" >= $1 as there from pg_catalog.pg_stat_archiver`,
          [wanted],
        );
        return there ? true : `${wanted} is not archived, ${last ?? "nothing"} is the last one that was`;
      },
      { what: "the archive of the log", until: deadline },
    );
  } finally {
    await client.end();
  }
}
