import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { buildApp, manifests } from "../../lib/app";
import { ALL_RULES } from "../../lib/policy";
import { policy } from "../../lib/policy/command";
import { dev } from "../../lib/stages/dev";
import type { Stage } from "../../lib/stages/stage";
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

/** Ten anchors, each of which repeats the one before ten times. */
function bomb(): string {
  const levels = Array.from({ length: 10 }, (_, index) => {
    const inside = index === 0 ? "1" : Array.from({ length: 10 }, () => `*a${index - 1}`).join(", ");
    return `a${index}: &a${index} [${inside}]`;
  });
  return `kind: Pod\n${levels.join("\n")}\n`;
}

describe("policy", () => {
  test("has nothing to say about what synth writes", () => {
    for (const file of manifests(buildApp(releaseOf(dev)))) write(file.path, file.text);
    expect(run(folder)).toMatchObject({ code: 0, out: "", err: "" });
  });

  test("expects the callers of the stage that the Namespace is labelled with", () => {
    const network = { callers: ["front-door"], monitoringNamespace: "observability" };
    const replaced = jest.replaceProperty<Stage, "network">(dev, "network", network);
    for (const file of manifests(buildApp(releaseOf(dev)))) write(file.path, file.text);
    expect(run(folder)).toMatchObject({ code: 0, out: "" });
    replaced.restore();
    expect(run(folder).out).toMatch(/^network-path: .* TCP 8080 from api-gateway/m);
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

  test("leaves out what a tool keeps beside the manifests", () => {
    write(
      "kustomization.yaml",
      "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n",
    );
    write("Chart.yaml", "apiVersion: v2\nname: chart\nversion: 1.0.0\n");
    write("a.yaml", EXPOSED("one"));
    expect(run(folder).lines).toEqual([expect.stringContaining("service-exposure")]);
  });

  test.each(["Kind: Service\napiVersion: v1", "apiversion: v1\nkind: Service", ""])(
    "does not pass over an object with a misspelt head: %j",
    (head) => {
      write("a.yaml", `${head}\nmetadata: {name: a, namespace: a}\nspec: {type: NodePort}\n`);
      expect(run(folder).out).toContain("is not set");
    },
  );

  test("follows links, and reads once what several lead to", () => {
    const file = write("real/a.yaml", EXPOSED("one"));
    fs.symlinkSync("..", path.join(folder, "real", "loop"));
    fs.symlinkSync(file, path.join(folder, "again.yaml"));
    fs.symlinkSync("nowhere", path.join(folder, "notes.txt"));
    expect(run(folder).lines).toHaveLength(1);
  });

  test("reads UTF-16, as a shell on Windows writes it", () => {
    fs.writeFileSync(path.join(folder, "a.yaml"), Buffer.from(`\ufeff${EXPOSED("one")}`, "utf16le"));
    expect(run(folder).lines).toHaveLength(1);
  });

  test("takes aliases by the thousand, which is what a merged configuration has", () => {
    const list = Array.from({ length: 5000 }, () => "*x").join(", ");
    write("a.yaml", `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: a}\nx: &x [1]\ny: [${list}]\n`);
    expect(run(folder).out).toContain("unknown-field");
  });

  test("prints a name of two lines as one", () => {
    write("a.yaml", EXPOSED('"one\\nok: \\e[2Jtwo"'));
    for (const line of run(folder).lines) expect(line).toContain("one\\u000aok: \\u001b[2Jtwo");
  });

  test.each([
    ["a bomb of aliases", bomb(), /a\.yaml:1: Excessive alias count/],
    [
      "a part inside of itself",
      "kind: CustomResourceDefinition\nspec: &p {properties: {a: *p}}\n",
      /a\.yaml:1: .*circular/,
    ],
    ["a list of objects", `- ${JSON.stringify({ kind: "Pod", metadata: {} })}\n`, /a\.yaml:1: a list of objects/],
    [
      "text of another encoding",
      Buffer.from("kind: Pod\nmetadata: {name: \xe4}\n", "latin1"),
      /a\.yaml cannot be read/,
    ],
  ])("exits 2 for %s", (_, content, message) => {
    fs.writeFileSync(path.join(folder, "a.yaml"), content);
    const { code, err } = run(folder);
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
  });

  test("exits 2 for a link to nowhere", () => {
    fs.symlinkSync("nowhere", path.join(folder, "a.yaml"));
    expect(run(folder)).toMatchObject({ code: 2, err: expect.stringContaining("a.yaml cannot be read") });
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
