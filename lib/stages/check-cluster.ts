import { ARCHIVE_DRILL } from "../contract";
import { checkTimes } from "./check-backup";
import { checkBucket, isSameBucket } from "./check-bucket";
import { checkClusterServer, checkImage } from "./check-images";
import { checkName } from "./check-names";
import { checkQuantity } from "./check-resources";
import { parseMebibytes, parseQuantity, wholeNumber } from "./quantity";
import { parseSixFields } from "./schedule";
import type { ArchiveStage, ClusterStage, Stage } from "./stage";

/** Refuses settings of the engine "cloudnative-pg" with which data was lost elsewhere. Its reasons name the reports. */
export function checkCluster(stage: Stage): string[] {
  const { engine, cluster, name, secrets } = stage;
  if (engine !== "cloudnative-pg") return [];
  if (!cluster) {
    return [
      'engine is "cloudnative-pg", but cluster is not set, so nothing says how many instances there are, nor where their log is ' +
        "archived. Set cluster as lib/stages/prod-ha.ts does.",
    ];
  }
  return [
    ...(secrets.kind === "external" ? [] : [NO_STORE]),
    ...checkImage("cluster.image", cluster.image, name),
    ...checkClusterServer("cluster.image", cluster.image.reference),
    ...checkInstances(cluster),
    ...checkSynchronous(cluster, name),
    ...checkWalStorage(cluster),
    ...(cluster.archive
      ? [...checkArchive(stage, cluster.archive), ...checkDrill(cluster, cluster.archive)]
      : [NO_ARCHIVE]),
    ...checkName("cluster.operatorNamespace", cluster.operatorNamespace),
  ];
}

const NO_STORE =
  'secrets.kind is "generated", but nobody can make up the credentials of the archive\'s bucket. Set "external" and name a store, as ' +
  'engine "cloudnative-pg" needs.';

const NO_ARCHIVE =
  "cluster.archive is not set, and a cluster without the backup plugin says that it is healthy while it archives nothing. Set " +
  "cluster.archive from the first day: adding the plugin later has deadlocked a switchover (cloudnative-pg #10981).";

function checkInstances({ instances, disruptionBudgets }: ClusterStage): string[] {
  const problems = wholeNumber("cluster.instances", instances, 1);
  if (problems.length > 0 || instances > 1 || !disruptionBudgets) return problems;
  return [
    "cluster.disruptionBudgets is true but cluster.instances is 1, so no node with it could ever be drained. Set instances to at " +
      "least 2, or disruptionBudgets to false.",
  ];
}

function checkSynchronous({ instances, synchronous }: ClusterStage, name: Stage["name"]): string[] {
  if (!synchronous) return instances > 1 && name !== "dev" ? [NOT_SYNCHRONOUS] : [];
  const { number, dataDurability, failoverQuorum } = synchronous;
  const problems = wholeNumber("cluster.synchronous.number", number, 1);
  if (instances === 1) {
    problems.push(
      "cluster.synchronous is set but cluster.instances is 1, so every commit would wait for a replica that never comes " +
        "(cloudnative-pg #5964). Set instances to at least 2, or leave synchronous out.",
    );
  } else if (number >= instances) {
    problems.push(
      `cluster.synchronous.number is ${number} but there are ${instances - 1} replicas, so every commit would wait for ever. ` +
        `Set it to at most ${Math.max(1, instances - 2)}, so that one replica may be missing.`,
    );
  } else if (number > 1 && number > instances - 2) {
    problems.push(
      `cluster.synchronous.number is ${number}, which is every replica, so each commit would wait while one restarts. ` +
        `Set it to at most ${Math.max(1, instances - 2)}.`,
    );
  }
  if (dataDurability === "preferred" && failoverQuorum) {
    problems.push(
      'cluster.synchronous.dataDurability is "preferred" with failoverQuorum, with which a failover has lost acknowledged commits ' +
        '(cloudnative-pg #8790) and a cluster never got ready (#10547). Set dataDurability to "required".',
    );
  } else if (dataDurability === "preferred" && name !== "dev") {
    problems.push(
      'cluster.synchronous.dataDurability is "preferred", so commits are acknowledged while no replica has them, and the loss of ' +
        'the primary loses them. Outside dev set "required".',
    );
  }
  if (!failoverQuorum && instances > 1 && name !== "dev") {
    problems.push(
      "cluster.synchronous.failoverQuorum is false, so a replica without the last acknowledged commits may be promoted. Outside dev set it to true.",
    );
  }
  return problems;
}

const NOT_SYNCHRONOUS =
  "cluster.synchronous is not set, so a failover loses the commits that were acknowledged last. Set it as lib/stages/prod-ha.ts does.";

/** Room for PostgreSQL's least, the operator's 512 MiB for replicas, and what waits for the archive. */
const LEAST_WAL = 2048;

function checkWalStorage({ walStorage }: ClusterStage): string[] {
  const problems = checkQuantity("cluster.walStorage", walStorage);
  if (problems.length > 0 || (parseMebibytes(walStorage) ?? 0) >= LEAST_WAL) return problems;
  return [
    `cluster.walStorage is ${walStorage}, which a short failure of the archive fills, and the server stops. Set at least ${LEAST_WAL / 1024}Gi.`,
  ];
}

function checkArchive(
  { name, backup }: Stage,
  { target, lineage, schedule, keepDays, resources }: ArchiveStage,
): string[] {
  const problems = [
    ...checkBucket("cluster.archive.target", name, target),
    ...checkSchedule(schedule, keepDays),
    ...wholeNumber("cluster.archive.keepDays", keepDays, 1),
  ];
  const { requests, limits } = resources;
  if ((parseQuantity(requests.memory) ?? 0) < (parseQuantity(limits.memory) ?? 0)) {
    problems.push(
      `cluster.archive.resources.requests.memory is ${requests.memory} but its limit is ${limits.memory}, and with it a busy node ` +
        `would kill the whole instance first. Set both to ${limits.memory}.`,
    );
  }
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(lineage)) {
    problems.push(
      `cluster.archive.lineage is "${lineage}". Use lower-case letters, digits and hyphens, like "postgres-1".`,
    );
  }
  if (backup.target.kind === "s3" && isSameBucket(backup.target, target)) {
    problems.push(
      `cluster.archive.target.bucket is ${target.bucket}, which has the dumps: its credentials may delete, and theirs may not. Set ` +
        "it to a bucket of its own.",
    );
  }
  return problems;
}

/** The drill compares with a replica, so a single instance has none and several have one. */
function checkDrill({ instances }: ClusterStage, { drill }: ArchiveStage): string[] {
  if (!drill) return instances > 1 ? [NO_DRILL] : [];
  // The program ends before its Job, or the Cluster that it made would be left.
  const least = ARCHIVE_DRILL.removalSeconds + ARCHIVE_DRILL.leastSeconds;
  const problems = checkTimes("cluster.archive.drill", drill, least);
  if (instances !== 1) return problems;
  return [
    ...problems,
    "cluster.archive.drill is set but cluster.instances is 1, and the drill compares what it recovers with a replica. Set " +
      "instances to at least 2, or leave drill out.",
  ];
}

const NO_DRILL =
  "cluster.archive.drill is not set, so nothing would prove that the archive can be recovered. Set it as lib/stages/prod-ha.ts does.";

/** The operator reads six fields; five are taken for six, and mean another time. */
function checkSchedule(schedule: string, keepDays: number): string[] {
  const gap = parseSixFields(schedule)?.longest;
  if (gap !== undefined) return checkGap(schedule, gap, keepDays);
  return [
    `cluster.archive.schedule is "${schedule}", but CloudNativePG reads six fields, of which the first is the second: five would be ` +
      'refused or mean another time. Write it like "0 37 1 * * *" for each day at 1:37, in UTC.',
  ];
}

/** Longest time between two base backups. After that a recovery replays more than a week's log, which may take a day. */
const MOST_GAP = 7 * 86_400;

function checkGap(schedule: string, gap: number, keepDays: number): string[] {
  const most = Math.min(MOST_GAP, keepDays * 86_400);
  // A wrong keepDays is told of by its own check.
  if (!(keepDays >= 1) || gap <= most) return [];
  return [
    `cluster.archive.schedule is "${schedule}", which starts a base backup after up to ${gap} s, and a recovery replays all of the log ` +
      `since the last one${gap > keepDays * 86_400 ? ", which the archive keeps for less time" : ""}. Write one that starts at least every ${most} s.`,
  ];
}
