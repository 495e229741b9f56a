import { ALL_RULES, evaluate, kubeObject } from "../../lib/policy";
import { ALL_STAGES } from "../../lib/stages";
import { policyOfObjects } from "../../lib/stages/policy";
import { prod } from "../../lib/stages/prod";
import { objectsOf } from "../support/manifests";
import { type Break, brokenBy } from "./support/break";
import { AMOUNT_BREAKS } from "./support/breaks-amounts";
import { CLUSTER_BREAKS } from "./support/breaks-clusters";
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
  ...CLUSTER_BREAKS,
];

/** Files are broken in read.test.ts. */
const OBJECT_RULES = ALL_RULES.filter(({ name }) => name !== "document-broken");

describe.each(OBJECT_RULES)("$name", ({ name, reason, remedy }) => {
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
  const objects = objectsOf(stage).map((object) => kubeObject(object));
  expect(evaluate(objects, policyOfObjects(objects))).toEqual([]);
});

describe("network-path", () => {
  const objects = objectsOf(prod).map((object) => kubeObject(object));
  const unknown = { from: "data-svc", to: "postgres", port: { number: 1, protocol: "TCP" } } as const;

  test("looks for the connections that it is told of", () =>
    expect(evaluate(objects, { connections: [unknown] }).map(({ problem }) => problem)).toEqual([
      expect.stringContaining("no Ingress policy allows TCP 1 from data-svc"),
      expect.stringContaining("no Egress policy allows TCP 1 to StatefulSet diabrisk/postgres"),
    ]));

  test("looks for none that nobody told it of", () => expect(evaluate(objects)).toEqual([]));
});
