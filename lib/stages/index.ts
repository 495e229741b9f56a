import { ConfigError } from "./check";
import { dev } from "./dev";
import { prod } from "./prod";
import type { Stage } from "./stage";
import { staging } from "./staging";

/** Every stage, in the order of a release. */
export const STAGES: readonly Stage[] = [dev, staging, prod];

/**
 * Finds the stages of these names, or returns all stages if none is given.
 * @throws ConfigError that lists the stages
 */
export function stagesNamed(names: readonly string[]): readonly Stage[] {
  const known = STAGES.map((stage) => stage.name).join(", ");
  const problems = names
    .filter((name) => !STAGES.some((stage) => stage.name === name))
    .map((name) => `There is no stage "${name}". The stages are ${known}; lib/stages/ holds a file for each.`);
  if (problems.length > 0) throw new ConfigError("command line", problems);
  return names.length === 0 ? STAGES : STAGES.filter((stage) => names.includes(stage.name));
}
