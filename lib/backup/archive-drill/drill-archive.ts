import { setTimeout as pause } from "node:timers/promises";
import type { ClientConfig } from "pg";
import { contentsIn, SNAPSHOT, summaryOf } from "../contents";
import { differences } from "../differences";
import { BackupError } from "../errors";
import { checkRelations } from "./amcheck";
import { untilArchived } from "./archived";
import type { ClusterManifest, ClusterState, Clusters } from "./clusters";
import { type Moment, readMoment } from "./moment";
import { openSession } from "./session";
import { until } from "./until";

export interface ArchiveDrill {
  readonly clusters: Clusters;
  /** The Cluster to recover, without the place to recover to. */
  readonly manifest: ClusterManifest;
  /** Connections as the superuser. */
  readonly primary: ClientConfig;
  readonly replica: ClientConfig;
  readonly recovered: ClientConfig;
  /** When it gives up, as milliseconds since 1970. What it made is removed after that. */
  readonly deadline: number;
  /** Time between two looks at the Cluster. @default 5000 */
  readonly everyMs?: number;
  /** Takes one line for each step. */
  readonly say: (line: string) => void;
}

/** The steps, in their order. */
export const ARCHIVE_DRILL_STEPS = ["clear", "snapshot", "archive", "recover", "compare", "amcheck", "remove"] as const;
type StepName = (typeof ARCHIVE_DRILL_STEPS)[number];

export interface ArchiveStep {
  readonly name: StepName;
  readonly result: "passed" | "failed" | "skipped";
  /** @default none, since it did not run */
  readonly seconds?: number;
  /** Why it failed. @default it did not */
  readonly problem?: string;
}

/** The findings of a drill. Hold no row. */
export interface ArchiveFindings {
  readonly result: "passed" | "failed";
  /** Place in the log up to which it was recovered. Absent if none was found. */
  readonly lsn?: string;
  readonly tables: number;
  readonly rows: number;
  readonly steps: readonly ArchiveStep[];
  /** Everything in which the recovered database is not the replica's, and all damage. */
  readonly differences: readonly string[];
}

/** Healthy, as CloudNativePG writes it. */
const HEALTHY = "Cluster in healthy state";
/** Phases that no time ends. */
const HOPELESS: readonly (string | undefined)[] = [
  "Cluster is unrecoverable and needs manual intervention",
  "Invalid cluster definition",
];

/** Seconds in which a Cluster, its pods and its volumes are removed. */
const REMOVAL_SECONDS = 240;

/**
 * Recovers the archive into a Cluster of its own, compares it with a replica, and removes it whatever came of that. The
 * comparison is exact although the database is written to: it is recovered to the very place in the log that the replica's
 * snapshot has.
 */
export async function drillArchive(drill: ArchiveDrill): Promise<ArchiveFindings> {
  const { say } = drill;
  const steps: ArchiveStep[] = [];
  const differing: string[] = [];
  const step = async <Result>(name: StepName, work: () => Promise<Result>): Promise<Result> => {
    const began = performance.now();
    const seconds = () => Math.round((performance.now() - began) / 1000);
    try {
      const result = await work();
      steps.push({ name, result: "passed", seconds: seconds() });
      say(`${name}: passed, ${seconds()} s`);
      return result;
    } catch (error) {
      const problem = error instanceof Error ? error.message || error.name : String(error);
      steps.push({ name, result: "failed", seconds: seconds(), problem });
      say(`${name}: failed after ${seconds()} s: ${problem}`);
      throw error;
    }
  };
  /** Notes what it finds, so that the step fails and the next one looks further. */
  const judge = async (name: StepName, look: () => Promise<readonly string[]>) => {
    await step(name, async () => {
      const found = await look();
      differing.push(...found);
      if (found.length > 0) throw new Different(`${found.length} differences`);
    }).catch(passOver(Different));
  };
  let moment: Moment | undefined;
  try {
    await step("clear", () => remove(drill));
    const seen = await step("snapshot", () => readMoment(drill.replica));
    moment = seen;
    say(`A replica at ${seen.lsn} has ${summaryOf(seen.contents)}.`);
    await step("archive", () => untilArchived(drill.primary, drill.deadline));
    await step("recover", () => recover(drill, seen.lsn));
    await judge("compare", () => compare(drill, seen));
    await judge("amcheck", () => amcheck(drill));
  } catch {
    // Noted by its step. All that follows is skipped, but for the removal.
  }
  await step("remove", () => remove(drill)).catch(() => undefined);
  const noted = ARCHIVE_DRILL_STEPS.map(
    (name): ArchiveStep => steps.find((one) => one.name === name) ?? { name, result: "skipped" },
  );
  const tables = moment?.contents.tables ?? [];
  return {
    result: noted.every(({ result }) => result === "passed") ? "passed" : "failed",
    ...(moment && { lsn: moment.lsn }),
    tables: tables.length,
    rows: tables.reduce((sum, { rows }) => sum + rows, 0),
    steps: noted,
    differences: differing,
  };
}

class Different extends Error {}

const passOver = (kind: typeof Different) => (error: unknown) => {
  if (!(error instanceof kind)) throw error;
};

/** Removes the Cluster, and waits until its pods and volumes are gone, too. */
async function remove({ clusters, manifest, everyMs = 5000 }: ArchiveDrill): Promise<void> {
  const { name } = manifest.metadata;
  await clusters.remove(name);
  await until(async () => ((await clusters.get(name)) ? `cluster/${name} is still there` : true), {
    what: "its removal",
    until: Date.now() + REMOVAL_SECONDS * 1000,
    everyMs,
  });
}

async function recover(drill: ArchiveDrill, lsn: string): Promise<void> {
  const { clusters, manifest, deadline, everyMs = 5000 } = drill;
  const { recovery } = manifest.spec.bootstrap;
  // Exclusive: it ends before the first record that begins there or beyond.
  const bootstrap = { recovery: { ...recovery, recoveryTarget: { targetLSN: lsn, exclusive: true } } };
  await clusters.create({ ...manifest, spec: { ...manifest.spec, bootstrap } });
  const { name } = manifest.metadata;
  await until(async () => stateOf(await clusters.get(name)), { what: "the recovery", until: deadline, everyMs });
}

function stateOf(cluster: ClusterState | undefined): true | string {
  if (!cluster) throw new BackupError("Somebody has deleted the Cluster while it recovered. Run the drill again.");
  const { phase, phaseReason, readyInstances } = cluster.status ?? {};
  const told = [phase ?? "no operator has looked at it", phaseReason].filter(Boolean).join(", ");
  if (HOPELESS.includes(phase)) throw new BackupError(`The Cluster cannot be recovered: ${told}.`);
  return phase === HEALTHY && readyInstances === 1 ? true : told;
}

/** Its Service may lead nowhere for a moment after it is ready. */
const TRIES = 10;

async function open({ recovered, everyMs = 5000 }: ArchiveDrill) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await openSession(recovered);
    } catch (error) {
      if (attempt === TRIES) throw error;
      await pause(everyMs);
    }
  }
}

async function compare(drill: ArchiveDrill, { contents }: Moment): Promise<string[]> {
  const client = await open(drill);
  try {
    await client.query(SNAPSHOT);
    const found = await contentsIn(client);
    await client.query("commit");
    return [
      ...(found.systemIdentifier === contents.systemIdentifier ? [] : ["the recovered server is another database's"]),
      ...(contents.schema.version === null
        ? ["the replica has no record of a migration, so its database is empty"]
        : []),
      ...differences(contents, found, "the replica"),
    ];
  } finally {
    await client.end();
  }
}

/** After the comparison, since it installs an extension. */
async function amcheck(drill: ArchiveDrill): Promise<string[]> {
  const client = await open(drill);
  try {
    return await checkRelations(client);
  } finally {
    await client.end();
  }
}
