import { fieldChanges } from "../../../lib/deploy/diff/fields";
import type { KubeObject } from "../../../lib/deploy/kubectl";

const object = (spec: object, rest: object = {}): KubeObject =>
  ({ kind: "Deployment", metadata: { name: "a" }, spec, ...rest }) as KubeObject;
const changes = (before: object, after: object) =>
  fieldChanges(object(before), object(after)).map(({ name, before: from, after: to }) => [name, from, to]);
const container = (name: string, rest: object = {}) => ({ name, ...rest });
const pods = (...containers: object[]) => ({ template: { spec: { containers } } });

test("what the API server counts is no change", () => {
  const counted = { resourceVersion: "1", generation: 1, uid: "a", managedFields: [], creationTimestamp: "a" };
  const applied = { annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}" } };
  const before = object({ a: 1 }, { metadata: { name: "a", ...counted }, status: { x: 1 } });
  const after = object({ a: 1 }, { metadata: { name: "a", ...applied }, status: { x: 2 } });
  expect(fieldChanges(before, after)).toEqual([]);
});

test.each<[string, object, object, unknown[]]>([
  [
    "an item by its name, in whatever place",
    pods(container("a", { image: "x" }), container("b")),
    pods(container("b"), container("a", { image: "y" })),
    [["image of container a", "x", "y"]],
  ],
  [
    "a new item by what it holds",
    pods(container("a", { env: [] })),
    pods(container("a", { env: [{ name: "X", value: "1" }] })),
    [["variable X of container a", undefined, "1"]],
  ],
  [
    "an item that goes",
    pods(container("a", { env: [{ name: "X", value: "1" }] })),
    pods(container("a", { env: [] })),
    [["variable X of container a", "1", undefined]],
  ],
  [
    "items without a name by their place",
    { list: [1, 2] },
    { list: [1, 3, 4] },
    [
      ["spec.list[1]", "2", "3"],
      ["spec.list[2]", undefined, "4"],
    ],
  ],
  ["a part that is empty now", { selector: { a: "b" } }, { selector: {} }, [["selector of its pods", "b", undefined]]],
  ["an empty part that was not there", {}, { podSelector: {} }, [["spec.podSelector", undefined, "{}"]]],
  [
    "text of several lines by the lines in which it differs",
    { text: "a\nb\nc" },
    { text: "a\nB\nc" },
    [["spec.text", "b", "B"]],
  ],
  ["a line that comes twice", { text: "a\na\nb" }, { text: "a\nb\nb" }, [["spec.text", "a", "b"]]],
  [
    "lines in another order",
    { text: "a\nb" },
    { text: "b\na" },
    [["spec.text", "(lines in another order)", "(lines in this order)"]],
  ],
  [
    "keys with dots",
    { hard: { "limits.cpu": "1" } },
    { hard: { "limits.cpu": "2" } },
    [["quota of limits.cpu", "1", "2"]],
  ],
])("%s", (_, before, after, expected) => expect(changes(before, after)).toEqual(expected));

test("labels and annotations are told by their names", () => {
  const labelled = (value: string) =>
    object({}, { metadata: { name: "a", labels: { "a.io/b": value }, annotations: { c: value } } });
  expect(fieldChanges(labelled("1"), labelled("2")).map(({ name }) => name)).toEqual(["label a.io/b", "annotation c"]);
});
