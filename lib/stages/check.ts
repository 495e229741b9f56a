import { POSTGRES_IDENTITY } from "../constructs/postgres-identity";
import { fitsPostgres, planMemory } from "../constructs/postgres-settings";
import { RESERVED_CONNECTIONS } from "../contract";
import { checkConfig } from "./check-config";
import { checkDatabase, checkReleased } from "./check-database";
import { checkImages } from "./check-images";
import { checkLimits, checkResources } from "./check-resources";
import { parseMebibytes } from "./quantity";
import { RELEASED, type Released } from "./released";
import type { Stage } from "./stage";

/** A stage that cannot be synthesized: everything that is wrong with it, each with what to do. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";

  constructor(
    /** The stage, or whatever else holds the values. */
    readonly subject: string,
    readonly problems: readonly string[],
  ) {
    super(`${subject}: ${problems.length === 1 ? "1 problem" : `${problems.length} problems`}\n${list(problems)}`);
  }
}

const list = (problems: readonly string[]) => problems.map((problem) => `  - ${problem}`).join("\n");

/**
 * Whether a stage's values make sense, alone and together, and against what is deployed. Pure.
 * @throws ConfigError with all problems at once
 */
export function check(
  stage: Stage,
  released: Released = RELEASED[stage.name],
  identity: PostgresIdentity = POSTGRES_IDENTITY,
): void {
  const problems = [
    ...checkNamespace("namespace", stage.namespace),
    ...checkResources(stage),
    ...checkDatabase(stage.database),
    ...checkReleased({ ...identity, ...stage.database, namespace: stage.namespace }, released),
    ...checkImages(stage),
    ...checkService(stage.service),
    ...checkPool(stage),
    ...checkMigration(stage.migration),
    ...checkLimits(stage),
    ...checkConfig(stage),
  ];
  if (problems.length > 0) throw new ConfigError(`Stage ${stage.name}`, problems);
}

type PostgresIdentity = Omit<Released, "namespace" | "storage" | "storageClass">;

/** @throws ConfigError if a namespace that was asked for on the command line cannot be one */
export function requireNamespace(namespace: string): void {
  const problems = checkNamespace("NAMESPACE", namespace);
  if (problems.length > 0) throw new ConfigError("environment", problems);
}

/** Problems of a namespace's name. `field` is where it is set. */
function checkNamespace(field: string, namespace: string): string[] {
  if (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(namespace)) return [];
  return [
    `${field} is "${namespace}", which Kubernetes refuses as a name. ` +
      "Use lower-case letters, digits and hyphens, at most 63, beginning and ending with a letter or digit.",
  ];
}

function checkService({ replicas, minAvailable, drainSeconds, stopGraceSeconds }: Stage["service"]): string[] {
  const problems = [
    ...wholeNumber("service.replicas", replicas, 1),
    ...wholeNumber("service.drainSeconds", drainSeconds, 1),
  ];
  if (minAvailable !== undefined) problems.push(...wholeNumber("service.minAvailable", minAvailable, 1));
  if (minAvailable !== undefined && minAvailable >= replicas) {
    problems.push(
      `service.minAvailable is ${minAvailable} but service.replicas is ${replicas}, so no node could ever be drained. ` +
        `Set replicas to at least ${minAvailable + 1}, or leave minAvailable out.`,
    );
  }
  if (minAvailable === undefined && replicas > 1) {
    problems.push(
      `service.replicas is ${replicas} but service.minAvailable is not set, so a drain could stop all of them at once. ` +
        `Set minAvailable to between 1 and ${replicas - 1}.`,
    );
  }
  if (stopGraceSeconds < drainSeconds + STOP_SECONDS) {
    problems.push(
      `service.stopGraceSeconds is ${stopGraceSeconds}, of which service.drainSeconds takes ${drainSeconds}, so pods would ` +
        `be killed with requests in flight. Set stopGraceSeconds to at least ${drainSeconds + STOP_SECONDS}.`,
    );
  }
  return problems;
}

/** What data-svc may take to finish what is in flight once it is told to stop, and some more. */
const STOP_SECONDS = 30;

/** Whether the pods of a rolling update find connections enough. */
function checkPool({ service: { replicas, poolSize }, database }: Stage): string[] {
  const memory = parseMebibytes(database.resources.limits.memory);
  // Said already, by the check of the limit itself.
  if (memory === undefined || !fitsPostgres(memory)) return [];
  const { maxConnections } = planMemory(memory);
  const available = maxConnections - RESERVED_CONNECTIONS;
  const largest = Math.floor(available / (replicas + 1));
  if (poolSize * (replicas + 1) <= available) return wholeNumber("service.poolSize", poolSize, 1);
  return [
    `service.poolSize is ${poolSize}, so ${replicas} pods and one more during an update want ${poolSize * (replicas + 1)} ` +
      `connections, but the database's memory allows ${maxConnections}, ${RESERVED_CONNECTIONS} of them for others. ` +
      (largest >= 1 ? `Set poolSize to at most ${largest}, or raise` : "Lower replicas, or raise") +
      " database.resources.limits.memory.",
  ];
}

function checkMigration({ deadlineSeconds, retries, keepFinishedSeconds }: Stage["migration"]): string[] {
  return [
    ...wholeNumber("migration.deadlineSeconds", deadlineSeconds, 60),
    ...wholeNumber("migration.retries", retries, 0),
    // Shorter, and applying the release again within the day would run it again.
    ...wholeNumber("migration.keepFinishedSeconds", keepFinishedSeconds, 86_400),
  ];
}

function wholeNumber(field: string, value: number, least: number): string[] {
  if (Number.isInteger(value) && value >= least) return [];
  return [`${field} is ${value}, which is not a whole number of at least ${least}. Set it to one.`];
}
