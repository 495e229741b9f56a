import { mkdtemp, rm, writeFile } from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { PLACEHOLDER_RECIPIENT } from "../../lib/contract";
import { find, parseManifest, readManifests, reference, requireReleased } from "../../lib/deploy/manifests";

const yaml = (kind: string, name: string) => `apiVersion: v1\nkind: ${kind}\nmetadata:\n  name: ${name}\n`;

describe("readManifests", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "manifests-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test("reads files in the order in which kubectl applies them, and nothing but YAML", async () => {
    await writeFile(path.join(folder, "0010-b.k8s.yaml"), yaml("Service", "b"));
    await writeFile(path.join(folder, "0002-a.k8s.yaml"), `${yaml("Namespace", "a")}---\n${yaml("Secret", "s")}`);
    await writeFile(path.join(folder, "notes.txt"), "not a manifest");
    const files = await readManifests(folder);
    expect(files.map((file) => path.basename(file.path))).toEqual(["0002-a.k8s.yaml", "0010-b.k8s.yaml"]);
    expect(files[0]?.objects.map(({ kind }) => kind)).toEqual(["Namespace", "Secret"]);
  });

  test("says what to run where there is nothing", async () => {
    await expect(readManifests(folder)).rejects.toThrow(/holds no manifest\. Run `npm run synth`/);
    await expect(readManifests(path.join(folder, "none"))).rejects.toThrow(/cannot be read \(ENOENT\)/);
  });
});

describe("parseManifest", () => {
  test.each([
    ["a tab for indentation", "kind: a\n\tb: c", /x\.yaml is not YAML/],
    ["a document of another sort", "just: text", /without kind or metadata\.name/],
    ["a list", "- 1", /without kind or metadata\.name/],
  ])("refuses %s", (_what, text, message) => expect(() => parseManifest(text, "x.yaml")).toThrow(message));

  test("leaves empty documents out", () => {
    expect(parseManifest("", "x.yaml")).toEqual([]);
    expect(parseManifest(`---\n---\n${yaml("Secret", "s")}`, "x.yaml")).toHaveLength(1);
  });
});

describe("find", () => {
  const files = [{ path: "x", objects: parseManifest(`${yaml("Job", "a")}---\n${yaml("Job", "b")}`, "x") }];

  test("gives the object of that kind and name", () => expect(find(files, "Job", "b").metadata.name).toBe("b"));

  test("names what there is where the object is missing or not the only one", () => {
    expect(() => find(files, "Job")).toThrow("There should be one Job, but there are: a, b.");
    expect(() => find(files, "Secret", "s")).toThrow("There should be one Secret s, but there are: none.");
  });
});

test.each([
  ["v1", "Secret", "secret/one"],
  ["apps/v1", "StatefulSet", "statefulset/one"],
  ["networking.k8s.io/v1", "NetworkPolicy", "networkpolicy/one"],
  ["postgresql.cnpg.io/v1", "Cluster", "cluster.postgresql.cnpg.io/one"],
])("kubectl knows a %s %s as %s", (apiVersion, kind, expected) =>
  expect(reference({ apiVersion, kind, metadata: { name: "one" } })).toBe(expected),
);

describe("requireReleased", () => {
  const running = (image: string) => {
    const pod = `${yaml("Pod", "a")}spec: {containers: [{name: a, image: "${image}"}]}\n`;
    return [{ path: "a.yaml", objects: parseManifest(pod, "a.yaml") }];
  };

  test("passes images with a tag or a real digest", () => {
    expect(() => requireReleased(running("a/b:dev"))).not.toThrow();
    expect(() => requireReleased(running(`a/b:1@sha256:${"0".repeat(63)}1`))).not.toThrow();
  });

  test("refuses a digest of zeros, and says how to record the real one", () => {
    expect(() => requireReleased(running(`a/b:1@sha256:${"0".repeat(64)}`))).toThrow(
      /a\/b:1@.*not released yet.*npm run pin/,
    );
  });

  test("refuses it of an operator's image, too", () => {
    const cluster = `${yaml("Cluster", "a")}spec: {imageName: "a/b:1@sha256:${"0".repeat(64)}"}\n`;
    const files = [{ path: "a.yaml", objects: parseManifest(cluster, "a.yaml") }];
    expect(() => requireReleased(files)).toThrow(/a\/b:1@.*not released yet/);
  });

  test("refuses backups for a key that nobody has made yet, and says how to make one", () => {
    const job = `${yaml("CronJob", "a")}spec: {recipient: ${PLACEHOLDER_RECIPIENT}}\n`;
    const files = [{ path: "a.yaml", objects: parseManifest(job, "a.yaml") }];
    expect(() => requireReleased(files)).toThrow(/nobody has made yet.*npm run backup -- keygen/);
  });
});
