import { ConfigError } from "./config-error";
import { dev } from "./dev";
import { prod } from "./prod";
import { prodHa } from "./prod-ha";
import type { Stage, StageName } from "./stage";
import { staging } from "./staging";

/**
 * Every stage by its name, in the order in which a release passes through them. A stage that is missing here, or has the
 * name of another, is a compile error.
 */
export const STAGES = { dev, staging, prod, "prod-ha": prodHa } as const satisfies {
  readonly [Name in StageName]: Stage & { readonly name: Name };
};

/** The same as a list. */
export const ALL_STAGES: readonly Stage[] = Object.values(STAGES);

/** Explains each name that is no stage's. */
export function unknownStages(names: readonly string[]): string[] {
  const known = Object.keys(STAGES);
  return names
    .filter((name) => !known.includes(name))
    .map(
      (name) =>
        `There is no stage "${name}". The stages are ${known.join(", ")}. Name one of them, or add it to STAGES in lib/stages/index.ts.`,
    );
}

/**
 * Finds the stages of these names, or returns all stages if none is given.
 * @throws ConfigError that lists the stages
 */
export function stagesNamed(names: readonly string[]): readonly Stage[] {
  const problems = unknownStages(names);
  if (problems.length > 0) throw new ConfigError("command line", problems);
  // By its key: a copied stage that kept another's name must not be hidden behind it.
  const chosen: [string, Stage][] = Object.entries(STAGES);
  return chosen.filter(([name]) => names.length === 0 || names.includes(name)).map(([, stage]) => stage);
}

/** Finds one stage. @throws ConfigError that lists the stages */
export function stageNamed(name: string): Stage {
  // `stagesNamed` refuses a name that is none.
  return stagesNamed([name])[0] as Stage;
}
