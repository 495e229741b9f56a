import { exposedService, useFolder } from "./support/judged-folder";

const folder = useFolder();

/** Ten anchors, each of which repeats the one before ten times. */
function bombOfAliases(): string {
  const levels = Array.from({ length: 10 }, (_, index) => {
    const inside = index === 0 ? "1" : Array.from({ length: 10 }, () => `*a${index - 1}`).join(", ");
    return `a${index}: &a${index} [${inside}]`;
  });
  return `kind: Pod\n${levels.join("\n")}\n`;
}

describe("a List", () => {
  const spec = { type: "ExternalName", externalName: "a.example" };
  const service = (name: string) => ({ metadata: { name, namespace: "a" }, spec });

  test("is judged by its items, which a typed one gives their kind", () => {
    const typed = { apiVersion: "v1", kind: "ServiceList", items: [service("x")] };
    folder.write("a.json", JSON.stringify(typed));
    const mixed = { apiVersion: "v1", kind: "List", items: [{ apiVersion: "v1", kind: "Service", ...service("y") }] };
    folder.write("b.json", JSON.stringify(mixed));
    expect(folder.judge().lines.map((line) => line.split(":")[1])).toEqual([" Service a/x", " Service a/y"]);
  });
});

describe("YAML is read as kubectl does", () => {
  const configMap = (value: string) =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: a}\ndata: {b: ${value}}\n`;

  test("yes is true", () => {
    folder.write("a.yaml", configMap("yes"));
    expect(folder.judge().out).toContain('data["b"] is true, not text');
  });

  test("a date is text", () => {
    folder.write("a.yaml", configMap("2020-01-01"));
    expect(folder.judge().code).toBe(0);
  });

  test("UTF-16 is understood, as a shell on Windows writes it", () => {
    folder.write("a.yaml", Buffer.from(`\ufeff${exposedService("one")}`, "utf16le"));
    expect(folder.judge().lines).toHaveLength(1);
  });

  test("aliases may be thousands, which is what a merged configuration has", () => {
    const list = Array.from({ length: 5000 }, () => "*x").join(", ");
    folder.write(
      "a.yaml",
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: a}\nx: &x [1]\ny: [${list}]\n`,
    );
    expect(folder.judge().out).toContain("unknown-field");
  });
});

describe("left alone", () => {
  test("are custom resources and documents that are no objects", () => {
    folder.write(
      "a.yaml",
      "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\nspec: {replicas: many, password: 5}\n",
    );
    folder.write("values.yaml", "replicas: 3\n---\n- a list\n---\n");
    expect(folder.judge()).toMatchObject({ code: 0, out: "" });
  });

  test("are the files that a tool keeps beside the manifests", () => {
    folder.write(
      "kustomization.yaml",
      "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n",
    );
    folder.write("Chart.yaml", "apiVersion: v2\nname: chart\nversion: 1.0.0\n");
    folder.write("a.yaml", exposedService("one"));
    expect(folder.judge().lines).toEqual([expect.stringContaining("service-exposure")]);
  });
});

describe("an object that is not what it should be", () => {
  test.each([
    ["nothing at all", "kind: Deployment\napiVersion: apps/v1\n"],
    ["nulls", "kind: Deployment\napiVersion: apps/v1\nmetadata:\nspec:\n  template:\n    spec:\n"],
    [
      "other shapes",
      "kind: Pod\napiVersion: v1\nmetadata: []\nspec: {containers: [1, null, {ports: {a: 1}}], volumes: x}\n",
    ],
    [
      "policies of nulls",
      "kind: NetworkPolicy\napiVersion: networking.k8s.io/v1\nmetadata: {name: 5}\nspec: {ingress: [null]}\n",
    ],
    ["kinds that are no text", "kind: 5\napiVersion: []\n"],
  ])("is a violation where it has %s", (_, text) => {
    folder.write("a.yaml", text);
    expect(folder.judge()).toMatchObject({ code: 1, err: "" });
  });

  test.each(["Kind: Service\napiVersion: v1", "apiversion: v1\nkind: Service", ""])(
    "is not passed over for its misspelt head: %j",
    (head) => {
      folder.write("a.yaml", `${head}\nmetadata: {name: a, namespace: a}\nspec: {type: NodePort}\n`);
      expect(folder.judge().out).toContain("is not set");
    },
  );
});

describe("a link", () => {
  test("is followed, and what several lead to is read once", () => {
    const file = folder.write("real/a.yaml", exposedService("one"));
    folder.link("real/loop", "..");
    folder.link("again.yaml", file);
    folder.link("notes.txt", "nowhere");
    expect(folder.judge().lines).toHaveLength(1);
  });

  test("to nowhere is a violation, and the other files are judged", () => {
    folder.link("a.yaml", "nowhere");
    folder.write("b.yaml", exposedService("one"));
    expect(folder.judge().lines).toEqual([
      expect.stringContaining("document-broken: document: line 1 cannot be read"),
      expect.stringContaining("service-exposure: Service a/one"),
    ]);
  });
});

describe("a broken document is a violation in its file and line, and those beside it are judged:", () => {
  test.each<[string, string, line: number, says: string]>([
    ["a list without its end", "a: [1, 2", 7, "is no YAML"],
    ["a quote without its end", 'a: "b', 7, "is no YAML"],
    ["a tab", "a:\n\tb: c", 7, "is no YAML"],
    ["a template's line", "{{- if .Values.x }}\nkind: Pod\n{{- end }}", 6, "a template's {{ }}"],
    ["a template's value", "kind: Pod\nmetadata: {name: {{ .Values.name }} }", 7, "a template's {{ }}"],
    ["an alias of nothing", "a: *b", 6, "Unresolved alias"],
    ["a bomb of aliases", bombOfAliases().trimEnd(), 6, "Excessive alias count"],
    ["a part inside of itself", "kind: CustomResourceDefinition\nspec: &p {properties: {a: *p}}", 6, "circular"],
    ["a list of objects", `- ${JSON.stringify({ kind: "Pod", metadata: {} })}`, 6, "is a list of objects"],
  ])("%s", (_, text, line, says) => {
    const file = folder.write("a.yaml", `${exposedService("one")}---\n${text}\n---\n${exposedService("two")}`);
    const { code, lines } = folder.judge();
    expect(code).toBe(1);
    const broken = lines.filter((each) => each.startsWith("document-broken"));
    expect(broken).toEqual([expect.stringContaining(says)]);
    expect(Number(/:(\d+)\)$/.exec(broken[0] ?? "")?.[1])).toBe(line);
    expect(broken[0]).toContain(`(${file}:`);
    const judged = lines.filter((each) => each.startsWith("service-exposure"));
    expect(judged).toEqual(["one", "two"].map((name) => expect.stringContaining(`Service a/${name}: `)));
  });

  test("each repeated key, of which the last one is judged, as clients do", () => {
    const file = folder.write("a.yaml", `${exposedService("one")}metadata: {name: b, namespace: a, name: c}\n`);
    expect(folder.judge().lines).toEqual([
      expect.stringMatching(/^document-broken: document: line 5 repeats a key/),
      expect.stringMatching(/^document-broken: document: line 5 repeats a key/),
      expect.stringContaining(
        `service-exposure: Service a/c: spec.type is ExternalName. Use type: ClusterIP. (${file}:1)`,
      ),
    ]);
  });

  test("text of another encoding", () => {
    folder.write("a.yaml", Buffer.from("kind: Pod\nmetadata: {name: \xe4}\n", "latin1"));
    expect(folder.judge().lines).toEqual([expect.stringContaining("cannot be read")]);
  });

  test("directives belong to the document after them", () => {
    folder.write("a.yaml", `# made by a tool\n%YAML 1.1\n---\n${exposedService("one")}`);
    expect(folder.judge().lines).toEqual([expect.stringContaining("a.yaml:4)")]);
  });
});

test("a folder without objects cannot be judged: exit code 2", () => expect(folder.judge()).toMatchObject({ code: 2 }));
