import { check } from "../../lib/stages/check";
import { ConfigError } from "../../lib/stages/config-error";
import type { Stage } from "../../lib/stages/stage";
import { clustered, common, personal, RELEASED_BEFORE } from "../support/stages";

export { clustered, common, personal };

type Own = typeof personal | typeof common | typeof clustered;

/** What is refused when `run` runs; nothing if it stands. */
export function problems(run: () => void): readonly string[] {
  try {
    run();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

/** `stage` with the value at a dotted path replaced; undefined takes it away. */
export function altered(stage: Stage, path: string, value: unknown): Stage {
  // Through JSON, so that requests and limits that are one object become two.
  const copy: Record<string, unknown> = JSON.parse(JSON.stringify(stage));
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  const parent = keys.reduce((object, key) => object[key] as Record<string, unknown>, copy);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy as unknown as Stage;
}

/** All that `check` has against a stage of the tests' own with one value replaced. */
export const refusals = (stage: Own, path: string, value: unknown): readonly string[] =>
  problems(() => check(altered(stage, path, value), RELEASED_BEFORE[stage.name]));

/** A sentence that says what to do. */
const NEXT_STEP = /(?:[.:;] |Outside dev )(?:Set|Write|Use|Name|Lower|Raise|Leave|Correct|Add|Grow|set|add)\b/;

/** Declares the test of a rule: with that value, exactly these problems are told, each with what to do. */
export function rule(sentence: string, stage: Own, path: string, value: unknown, ...expected: readonly RegExp[]): void {
  test(sentence, () => {
    const found = refusals(stage, path, value);
    expect(found).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
    for (const problem of found) expect(problem).toMatch(NEXT_STEP);
  });
}
