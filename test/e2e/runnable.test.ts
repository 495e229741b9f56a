import { parseAllDocuments } from "yaml";
import { synthesize } from "../../lib/app";
import { prod } from "../../lib/stages/prod";
import { prodHa } from "../../lib/stages/prod-ha";
import { runnable } from "./runnable";

const migrations = { version: 7, required: 7, contracts: [], digest: "0123456789abcdef" };
const files = synthesize([prod, prodHa].map((stage) => ({ stage, migrations })));

const containers = (value: unknown): Record<string, unknown>[] => {
  if (typeof value !== "object" || value === null) return [];
  const inside = Object.values(value).flatMap(containers);
  return "image" in value ? [value as Record<string, unknown>, ...inside] : inside;
};
const read = (text: string) => [...parseAllDocuments(text)].map((document) => document.toJS() as object);
const objects = files.map(({ text }) => read(runnable(text)));

test("prod runs with loaded images and small requests of CPU", () => {
  const all = objects.flatMap(containers);
  expect(all.length).toBeGreaterThan(3);
  for (const { image, imagePullPolicy, resources } of all) {
    expect(image).not.toContain("@sha256");
    expect([imagePullPolicy, resources]).toEqual([
      "IfNotPresent",
      expect.objectContaining({ requests: expect.objectContaining({ cpu: "25m" }) }),
    ]);
  }
});

test("so does a cluster, and what archives beside each instance", () => {
  const all = objects.flat() as { kind: string; spec: Record<string, unknown> }[];
  const small = { requests: expect.objectContaining({ cpu: "25m" }) };
  expect(all.find(({ kind }) => kind === "Cluster")?.spec).toMatchObject({
    imageName: "ghcr.io/cloudnative-pg/postgresql:16-minimal-trixie",
    imagePullPolicy: "IfNotPresent",
    resources: small,
  });
  const store = all.find(({ kind }) => kind === "ObjectStore");
  expect(store?.spec).toMatchObject({ instanceSidecarConfiguration: { resources: small } });
});

test("so does the Cluster that a drill makes, which is a text", () => {
  const all = objects.flat() as { data?: Record<string, string> }[];
  const [cluster] = all.flatMap(({ data }) => data?.["cluster.json"] ?? []);
  expect(JSON.parse(cluster ?? "").spec).toMatchObject({
    imageName: "ghcr.io/cloudnative-pg/postgresql:16-minimal-trixie",
    resources: { requests: { cpu: "25m" } },
  });
});

test("a text stays one for kubectl, which reads YAML 1.1", () => {
  const text = "on: 'on'\nnumber: '1e3'\n";
  expect(parseAllDocuments(runnable(text), { schema: "yaml-1.1" })[0]?.toJS()).toEqual({ on: "on", number: "1e3" });
});

test("nothing else of prod is replaced", () => {
  const maskedJson = (json: unknown): string =>
    JSON.stringify(json, (key, value) => {
      if (key === "cluster.json") return maskedJson(JSON.parse(value));
      if (/^image(?:Name|PullPolicy)?$/.test(key)) return "masked";
      return key === "requests" && "cpu" in value ? { ...value, cpu: "masked" } : value;
    });
  expect(objects.map(maskedJson)).toEqual(files.map(({ text }) => maskedJson(read(text))));
});

test("an image that this run built is named without the digest that stands for it", () => {
  const text = `image: a/b:dev-e2e-next@sha256:${"1".repeat(64)}\nimagePullPolicy: Always\n`;
  expect(read(runnable(text))).toEqual([{ image: "a/b:dev-e2e-next", imagePullPolicy: "IfNotPresent" }]);
});
