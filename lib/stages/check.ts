import { ENGINES } from "../postgres/engines";
import { checkBackup } from "./check-backup";
import { checkClients } from "./check-clients";
import { checkCluster } from "./check-cluster";
import { checkConfig } from "./check-config";
import { checkDatabase, checkReleased } from "./check-database";
import { checkImages } from "./check-images";
import { checkMonitoring } from "./check-monitoring";
import { checkName } from "./check-names";
import { checkNetwork } from "./check-network";
import { checkLeast, checkLimits, checkResources } from "./check-resources";
import { checkRetention } from "./check-retention";
import { checkPool, checkService } from "./check-service";
import { checkTogether, type StageRecord } from "./check-together";
import { ConfigError } from "./config-error";
import { STAGES } from "./index";
import { wholeNumber } from "./quantity";
import { RELEASED, type Released } from "./released";
import type { Stage } from "./stage";
import { stageShape } from "./stage-shape";

/**
 * Checks that a stage's values make sense, alone, together and against the deployed release. Pure.
 * @throws ConfigError with all problems at once
 */
export function check(stage: Stage, released: Released = RELEASED[stage.name], identity?: PostgresIdentity): void {
  const problems = problemsOf(stage, released, identity);
  if (problems.length > 0) throw new ConfigError(`Stage ${stage.name}`, problems);
}

/**
 * The same for several stages, and for what no two stages of `known` may share.
 * @throws ConfigError with all problems of all of them
 */
export function checkAll(stages: readonly Stage[], known: StageRecord = STAGES): void {
  // A stage that misses a value is told of by itself, if it is asked for.
  const whole = Object.entries(known).filter(([, stage]) => stageShape("", stage).length === 0);
  const shared = checkTogether(Object.fromEntries(whole));
  const broken = stages
    .map((stage) => ({ stage, problems: problemsOf(stage, RELEASED[stage.name]) }))
    .filter(({ problems }) => problems.length > 0);
  const [first, ...others] = broken;
  if (first && others.length === 0 && shared.length === 0) {
    throw new ConfigError(`Stage ${first.stage.name}`, first.problems);
  }
  const problems = broken.flatMap((each) => each.problems.map((problem) => `${each.stage.name}: ${problem}`));
  if (shared.length + problems.length === 0) return;
  const names = broken.map(({ stage }) => stage.name).join(", ");
  throw new ConfigError(names ? `Stages ${names}` : "Stages", [...shared, ...problems]);
}

function problemsOf(stage: Stage, released: Released | undefined, given?: PostgresIdentity): string[] {
  // The rules below rely on every value being there and of its type.
  const misshapen = stageShape("", stage);
  if (misshapen.length > 0) return misshapen;
  if (!released) return [unrecorded(stage)];
  const { engine, namespace, cluster } = stage;
  const deployed = { ...stage.database, engine, namespace, ...clusterFacts(cluster) };
  const identity = given ?? ENGINES[engine].identity;
  return [
    ...checkName("namespace", stage.namespace),
    ...checkNetwork(stage),
    ...checkClients(stage),
    ...checkResources(stage),
    ...checkLeast(stage),
    ...checkDatabase(stage.database),
    ...checkReleased({ ...identity, ...deployed }, released),
    ...checkCluster(stage),
    ...checkImages(stage),
    ...checkService(stage.service),
    ...checkPool(stage),
    ...checkMigration(stage.migration),
    ...checkBackup(stage),
    ...checkRetention(stage),
    ...checkLimits(stage),
    ...checkMonitoring(stage),
    ...checkConfig(stage),
  ];
}

/** Asked at run time too, since synth runs without a compiler. */
const unrecorded = ({ name, database }: Stage) =>
  `lib/stages/released.ts has no record of ${name}, so nothing says what its volume is. Add a line for ${name} there, with ` +
  `the storage "${database.storage}", or set the name to one of ${Object.keys(RELEASED).join(", ")}.`;

/** The part of what cannot change in place that a cluster alone has. */
const clusterFacts = (cluster: Stage["cluster"]) => ({
  ...(cluster && { walStorage: cluster.walStorage }),
  ...(cluster?.archive && { lineage: cluster.archive.lineage }),
});

type PostgresIdentity = Omit<Released, "engine" | "namespace" | "storage" | "storageClass" | "walStorage" | "lineage">;

/** @throws ConfigError if the namespace from the environment is not a valid name */
export function requireNamespace(namespace: string): void {
  const problems = checkName("NAMESPACE", namespace);
  if (problems.length > 0) throw new ConfigError("environment", problems);
}

function checkMigration({ deadlineSeconds, retries, keepFinishedSeconds }: Stage["migration"]): string[] {
  return [
    ...wholeNumber("migration.deadlineSeconds", deadlineSeconds, 60),
    ...wholeNumber("migration.retries", retries, 0),
    // With less, applying the same release again within the day would run it again.
    ...wholeNumber("migration.keepFinishedSeconds", keepFinishedSeconds, 86_400),
  ];
}
