import { BackupError } from "./errors";
import { compactTime } from "./id";
import { type Backup, backupsOf } from "./store/backups";
import { readText, type Store } from "./store/store";

/** A backup as `backup list` shows it. */
export interface Listed {
  readonly id: string;
  readonly number: number;
  readonly startedAt: string;
  /** Whether it has a manifest. Without one it is no backup. */
  readonly committed: boolean;
  /** Size of the encrypted dump; undefined if there is none. */
  readonly bytes: number | undefined;
  /** The last drill; undefined if there was none. */
  readonly drill: { readonly at: string; readonly result: "passed" | "failed" | "unreadable" } | undefined;
}

/** Lists the backups and what dead runs left, newest first. */
export async function list(store: Store): Promise<Listed[]> {
  const listed: Listed[] = [];
  for (const backup of backupsOf(await store.list())) listed.push(await describe(store, backup));
  return listed;
}

async function describe(store: Store, { drills, startedAt, ...backup }: Backup): Promise<Listed> {
  const last = drills.at(-1);
  return {
    ...backup,
    startedAt: compactTime(startedAt),
    drill: last === undefined ? undefined : await drillOf(store, last),
  };
}

async function drillOf(store: Store, key: string): Promise<NonNullable<Listed["drill"]>> {
  const at = /drill-(\w+)\.json$/.exec(key)?.[1] ?? "";
  return { at, result: await resultOf(store, key) };
}

/** The keys of a backup's Job may list results, not read them. */
async function resultOf(store: Store, key: string) {
  try {
    const { result } = JSON.parse(await readText(store, key));
    return result === "passed" || result === "failed" ? result : "unreadable";
  } catch (error) {
    if (error instanceof BackupError || error instanceof SyntaxError) return "unreadable";
    throw error;
  }
}
