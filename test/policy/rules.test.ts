import { ALL_RULES, evaluate, kubeObject } from "../../lib/policy";
import { ALL_STAGES } from "../../lib/stages";
import { objectsOf } from "../support/manifests";
import { type Break, brokenBy } from "./support/break";
import { AMOUNT_BREAKS } from "./support/breaks-amounts";
import { CONTEXT_BREAKS } from "./support/breaks-contexts";
import { HANDLER_BREAKS } from "./support/breaks-handlers";
import { NAMESPACE_BREAKS } from "./support/breaks-namespace";
import { NETWORK_BREAKS } from "./support/breaks-network";
import { OBJECT_BREAKS } from "./support/breaks-objects";
import { POD_BREAKS } from "./support/breaks-pods";
import { REFERENCE_BREAKS } from "./support/breaks-references";
import { RELATION_BREAKS } from "./support/breaks-relations";
import { SECRET_BREAKS } from "./support/breaks-secrets";
import { WORKLOAD_BREAKS } from "./support/breaks-workloads";

const BREAKS: readonly Break[] = [
  ...POD_BREAKS,
  ...OBJECT_BREAKS,
  ...NAMESPACE_BREAKS,
  ...RELATION_BREAKS,
  ...REFERENCE_BREAKS,
  ...WORKLOAD_BREAKS,
  ...AMOUNT_BREAKS,
  ...CONTEXT_BREAKS,
  ...HANDLER_BREAKS,
  ...NETWORK_BREAKS,
  ...SECRET_BREAKS,
];

describe.each(ALL_RULES)("$name", ({ name, reason, remedy }) => {
  const breaks = BREAKS.filter((each) => each.rule === name);

  test("says why it is there and what to do", () => {
    for (const sentence of [reason, remedy]) expect(sentence).toMatch(/^[A-Z].*\.$/);
  });

  test("has a test that breaks it", () => expect(breaks).not.toEqual([]));

  test.each(breaks)("is broken by: $by", (broken) => {
    const found = brokenBy(broken);
    expect([...new Set(found.map(({ rule }) => rule))].sort()).toEqual([name, ...(broken.also ?? [])].sort());
    const text = found.map(({ field, problem }) => `${field} ${problem}`).join("\n");
    expect(text).toContain(broken.says ?? "");
    for (const { object, field } of found) expect([object, field].every(Boolean)).toBe(true);
  });
});

test.each(ALL_STAGES)("$name breaks none", (stage) => {
  expect(evaluate(objectsOf(stage).map((object) => kubeObject(object)))).toEqual([]);
});
