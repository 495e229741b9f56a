import { POSTGRES_IDENTITY } from "../constructs/postgres-identity";
import { checkConfig } from "./check-config";
import { checkDatabase, checkReleased } from "./check-database";
import { checkImages } from "./check-images";
import { checkLimits, checkResources } from "./check-resources";
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
  if (stopGraceSeconds <= drainSeconds) {
    problems.push(
      `service.stopGraceSeconds is ${stopGraceSeconds} but service.drainSeconds takes ${drainSeconds} of it, so pods would ` +
        `be killed with requests in flight. Set stopGraceSeconds to at least ${drainSeconds + 10}.`,
    );
  }
  return problems;
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
