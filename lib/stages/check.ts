import { POSTGRES_IDENTITY } from "../postgres/identity";
import { checkConfig } from "./check-config";
import { checkDatabase, checkReleased } from "./check-database";
import { checkImages } from "./check-images";
import { checkLeast, checkLimits, checkResources } from "./check-resources";
import { checkPool, checkService } from "./check-service";
import { wholeNumber } from "./quantity";
import { RELEASED, type Released } from "./released";
import type { Stage } from "./stage";
import { stageShape } from "./stage-shape";

/** A stage that cannot be synthesized. Lists every problem with its remedy. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";

  constructor(
    /** The stage, or another holder of the values. */
    readonly subject: string,
    readonly problems: readonly string[],
  ) {
    super(`${subject}: ${problems.length === 1 ? "1 problem" : `${problems.length} problems`}\n${list(problems)}`);
  }
}

const list = (problems: readonly string[]) => problems.map((problem) => `  - ${problem}`).join("\n");

/**
 * Checks that a stage's values make sense, alone, together and against the deployed release. Pure.
 * @throws ConfigError with all problems at once
 */
export function check(
  stage: Stage,
  released: Released = RELEASED[stage.name],
  identity: PostgresIdentity = POSTGRES_IDENTITY,
): void {
  const problems = problemsOf(stage, released, identity);
  if (problems.length > 0) throw new ConfigError(`Stage ${stage.name}`, problems);
}

/** Checks several stages. @throws ConfigError with all problems of all of them */
export function checkAll(stages: readonly Stage[]): void {
  const broken = stages
    .map((stage) => ({ stage, problems: problemsOf(stage, RELEASED[stage.name], POSTGRES_IDENTITY) }))
    .filter(({ problems }) => problems.length > 0);
  const [first, ...others] = broken;
  if (!first) return;
  if (others.length === 0) throw new ConfigError(`Stage ${first.stage.name}`, first.problems);
  throw new ConfigError(
    `Stages ${broken.map(({ stage }) => stage.name).join(", ")}`,
    broken.flatMap(({ stage, problems }) => problems.map((problem) => `${stage.name}: ${problem}`)),
  );
}

function problemsOf(stage: Stage, released: Released, identity: PostgresIdentity): string[] {
  // Stops here if a value is missing or of the wrong type: the checks below rely on both.
  const misshapen = stageShape("", stage);
  if (misshapen.length > 0) return misshapen;
  return [
    ...checkName("namespace", stage.namespace),
    ...checkName("network.monitoringNamespace", stage.network.monitoringNamespace),
    ...stage.network.callers.flatMap((caller, index) => checkName(`network.callers[${index}]`, caller)),
    ...checkResources(stage),
    ...checkLeast(stage),
    ...checkDatabase(stage.database),
    ...checkReleased({ ...identity, ...stage.database, namespace: stage.namespace }, released),
    ...checkImages(stage),
    ...checkService(stage.service),
    ...checkPool(stage),
    ...checkMigration(stage.migration),
    ...checkLimits(stage),
    ...checkConfig(stage),
  ];
}

type PostgresIdentity = Omit<Released, "namespace" | "storage" | "storageClass">;

/** @throws ConfigError if the namespace from the environment is not a valid name */
export function requireNamespace(namespace: string): void {
  const problems = checkName("NAMESPACE", namespace);
  if (problems.length > 0) throw new ConfigError("environment", problems);
}

/** Checks the name of a namespace or an app. `field` names its setting. */
function checkName(field: string, name: string): string[] {
  if (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) return [];
  return [
    `${field} is "${name}", which Kubernetes refuses as a name. ` +
      "Use lower-case letters, digits and hyphens, at most 63, beginning and ending with a letter or digit.",
  ];
}

function checkMigration({ deadlineSeconds, retries, keepFinishedSeconds }: Stage["migration"]): string[] {
  return [
    ...wholeNumber("migration.deadlineSeconds", deadlineSeconds, 60),
    ...wholeNumber("migration.retries", retries, 0),
    // With less, applying the same release again within the day would run it again.
    ...wholeNumber("migration.keepFinishedSeconds", keepFinishedSeconds, 86_400),
  ];
}
