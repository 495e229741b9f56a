import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { buildApp, manifests } from "../../lib/app";
import { ALL_RULES } from "../../lib/policy";
import { policy } from "../../lib/policy/command";
import { dev } from "../../lib/stages/dev";
import { releaseOf } from "../support/manifests";

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "policy-"));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

function run(...args: string[]) {
  let out = "";
  let err = "";
  const code = policy(args, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  });
  return { code, out, err, lines: out.split("\n").filter(Boolean) };
}

function write(name: string, text: string): string {
  const file = path.join(folder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
  return file;
}

const EXPOSED = (name: string) =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: a}\nspec: {type: ExternalName, externalName: a.example}\n`;

describe("policy", () => {
  test("has nothing to say about what synth writes", () => {
    for (const file of manifests(buildApp(releaseOf(dev)))) write(file.path, file.text);
    expect(run(folder)).toMatchObject({ code: 0, out: "", err: "" });
  });

  test("prints a line for each violation, with file and line, and exits 1", () => {
    const file = write("deep/er/services.yml", `# two\n---\n${EXPOSED("one")}---\n${EXPOSED("two")}`);
    const { code, lines } = run(folder);
    expect(code).toBe(1);
    expect(lines).toEqual([
      expect.stringContaining(
        `service-exposure: Service a/one: spec.type is ExternalName. Use type: ClusterIP. (${file}:3)`,
      ),
      expect.stringContaining(`(${file}:8)`),
    ]);
  });

  test("prints one JSON object a line with --json", () => {
    write("a.yaml", EXPOSED("one"));
    const [violation] = run(folder, "--json").lines.map((line) => JSON.parse(line));
    expect(violation).toMatchObject({ rule: "service-exposure", object: "Service a/one", field: "spec.type" });
    expect(violation.remedy).toBe("Use type: ClusterIP.");
  });

  test("looks into Lists, typed ones too", () => {
    const service = {
      metadata: { name: "x", namespace: "a" },
      spec: { type: "ExternalName", externalName: "a.example" },
    };
    write("a.json", JSON.stringify({ apiVersion: "v1", kind: "ServiceList", items: [service] }));
    const items = [{ apiVersion: "v1", kind: "Service", ...service, metadata: { name: "y", namespace: "a" } }];
    write("b.json", JSON.stringify({ apiVersion: "v1", kind: "List", items }));
    expect(run(folder).lines.map((line) => line.split(":")[1])).toEqual([" Service a/x", " Service a/y"]);
  });

  test("judges a folder as a developer's with --dev", () => {
    write("a.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: a}\nstringData: {password: x}\n");
    expect(run(folder).out).toMatch(/^secret-in-manifest: /);
    expect(run(folder, "--dev").code).toBe(0);
  });

  test("reads YAML as kubectl does: yes is true, a date is text", () => {
    const data = (value: string) =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: a}\ndata: {b: ${value}}\n`;
    write("a.yaml", data("yes"));
    expect(run(folder).out).toContain('data["b"] is true, not text');
    write("a.yaml", data("2020-01-01"));
    expect(run(folder).code).toBe(0);
  });

  test("leaves custom resources and what is no object alone", () => {
    write(
      "a.yaml",
      "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\nspec: {replicas: many, password: 5}\n",
    );
    write("values.yaml", "replicas: 3\n---\n- a list\n---\n");
    expect(run(folder)).toMatchObject({ code: 0, out: "" });
  });

  test.each([
    ["nothing at all", "kind: Deployment\napiVersion: apps/v1\n"],
    ["nulls", "kind: Deployment\napiVersion: apps/v1\nmetadata:\nspec:\n  template:\n    spec:\n"],
    [
      "other shapes",
      "kind: Pod\napiVersion: v1\nmetadata: []\nspec: {containers: [1, null, {ports: {a: 1}}], volumes: x}\n",
    ],
    [
      "policies",
      "kind: NetworkPolicy\napiVersion: networking.k8s.io/v1\nmetadata: {name: 5}\nspec: {ingress: [null]}\n",
    ],
    ["kinds that are no text", "kind: 5\napiVersion: []\n"],
  ])("survives objects with %s", (_, text) => {
    write("a.yaml", text);
    expect(run(folder)).toMatchObject({ code: 1, err: "" });
  });

  test("exits 2 and names file and line where YAML is broken", () => {
    const file = write("a.yaml", "a: 1\nb: [\nc: 2\n");
    write("b.yaml", "a: 1\na: 2\n");
    const { code, err } = run(folder);
    expect(code).toBe(2);
    expect(err).toMatch(new RegExp(`^${file}:\\d+: `));
    expect(err).toContain(`${path.join(folder, "b.yaml")}:2: `);
  });

  test.each([
    ["no folder", [], /Which folder/],
    ["a folder that is not there", ["/nowhere"], /does not exist/],
    ["an unknown flag", ["--loud", "x"], /--loud/],
    ["two folders", ["a", "b"], /One folder at a time/],
  ])("exits 2 for %s", (_, args, message) => {
    const { code, err } = run(...args);
    expect([code, message.test(err)]).toEqual([2, true]);
  });

  test("exits 2 for a folder without objects", () => expect(run(folder)).toMatchObject({ code: 2 }));

  test("lists the rules, and says how it is used", () => {
    expect(run("--list").lines.map((line) => line.split(":")[0])).toEqual(ALL_RULES.map(({ name }) => name));
    expect(run("--list", "--json").lines.map((line) => JSON.parse(line).name)).toHaveLength(ALL_RULES.length);
    expect(run("--help").out).toMatch(/^Usage: npm run -s policy -- DIR/);
  });
});
