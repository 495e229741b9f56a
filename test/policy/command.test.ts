import { buildApp, manifests } from "../../lib/app";
import { ALL_RULES } from "../../lib/policy";
import { dev } from "../../lib/stages/dev";
import type { Stage } from "../../lib/stages/stage";
import { releaseOf } from "../support/manifests";
import { exposedService, runPolicy, useFolder } from "./support/judged-folder";

const folder = useFolder();

function writeDevAsSynthDoes(): void {
  for (const file of manifests(buildApp(releaseOf(dev)))) folder.write(file.path, file.text);
}

describe("what synth writes", () => {
  test("breaks no rule", () => {
    writeDevAsSynthDoes();
    expect(folder.judge()).toMatchObject({ code: 0, out: "", err: "" });
  });

  describe("when dev has callers of its own", () => {
    const network = {
      ...dev.network,
      callers: [{ app: "front-door", may: ["listAssessments" as const] }],
      monitoringNamespace: "observability",
    };
    let devsOwn: jest.ReplaceProperty<Stage["network"]>;
    beforeEach(() => {
      devsOwn = jest.replaceProperty<Stage, "network">(dev, "network", network);
      writeDevAsSynthDoes();
    });
    afterEach(() => devsOwn.restore());

    test("lets in the callers of the stage that its Namespace is labelled with", () => {
      expect(folder.judge()).toMatchObject({ code: 0, out: "" });
    });

    test("is refused once that stage has other callers", () => {
      devsOwn.restore();
      expect(folder.judge().out).toMatch(/^network-path: .* TCP 8080 from api-gateway/m);
    });
  });
});

describe("a violation", () => {
  test("is one line with file and line, and the exit code is 1", () => {
    const services = `# two\n---\n${exposedService("one")}---\n${exposedService("two")}`;
    const file = folder.write("deep/er/services.yml", services);
    const { code, lines } = folder.judge();
    expect(code).toBe(1);
    expect(lines).toEqual([
      expect.stringContaining(
        `service-exposure: Service a/one: spec.type is ExternalName. Use type: ClusterIP. (${file}:3)`,
      ),
      expect.stringContaining(`(${file}:8)`),
    ]);
  });

  test("is one JSON object a line with --json", () => {
    folder.write("a.yaml", exposedService("one"));
    const [violation] = folder.judge("--json").lines.map((line) => JSON.parse(line));
    expect(violation).toMatchObject({ rule: "service-exposure", object: "Service a/one", field: "spec.type" });
    expect(violation.remedy).toBe("Use type: ClusterIP.");
  });

  test("stays one line where the object's name has two", () => {
    folder.write("a.yaml", exposedService('"one\\nok: \\e[2Jtwo"'));
    for (const line of folder.judge().lines) expect(line).toContain("one\\u000aok: \\u001b[2Jtwo");
  });
});

describe("a Secret with a value", () => {
  beforeEach(() => {
    folder.write(
      "a.yaml",
      "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: a}\nstringData: {password: x}\n",
    );
  });

  test("is refused", () => expect(folder.judge().out).toMatch(/^secret-in-manifest: /));

  test("is accepted with --dev, which judges a folder as a developer's", () =>
    expect(folder.judge("--dev").code).toBe(0));
});

describe("rules", () => {
  const rules = (...options: string[]) => new Set(folder.judge(...options).lines.map((line) => line.split(":")[0]));
  const excepted =
    'apiVersion: v1\nkind: Service\nmetadata: {name: x, annotations: {policy.diabrisk.io/except-service-exposure: "callers are outside"}}\nspec: {type: NodePort}\n';

  test("are judged by alone with --only, once or several times, with commas or without", () => {
    folder.write("a.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {type: NodePort}\n---\na: [\n");
    expect(rules("--only=namespace-set")).toEqual(new Set(["namespace-set"]));
    expect(rules("--only=namespace-set,service-port", "--only", "document-broken")).toEqual(
      new Set(["namespace-set", "service-port", "document-broken"]),
    );
  });

  test("are left out with --skip", () => {
    folder.write("a.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {type: NodePort}\n---\na: [\n");
    const all = rules();
    for (const name of all)
      expect(rules("--skip", name ?? "")).toEqual(new Set([...all].filter((each) => each !== name)));
  });

  test("that are left out make no exception unused, and a misspelt exception is told", () => {
    folder.write("a.yaml", excepted);
    expect(rules("--skip=service-exposure")).not.toContain("exception-unused");
    folder.write("a.yaml", excepted.replace("service-exposure", "service-exposed"));
    expect(rules("--only=exception-unused")).toEqual(new Set(["exception-unused"]));
  });
});

describe("a command line that cannot be understood", () => {
  test.each([
    ["names no folder", [], /Which folder/],
    ["names a folder that is not there", ["/nowhere"], /does not exist/],
    ["has an unknown flag", ["--loud", "x"], /--loud/],
    ["names two folders", ["a", "b"], /One folder at a time/],
    [
      "judges by a rule that is not there",
      ["a", "--only", "host-ports"],
      /--only names host-ports.*Did you mean host-port\?.*host-path/,
    ],
    ["leaves out rules that are not there", ["a", "--skip=x", "--skip", "y,z"], /names x,.*names y,.*names z,/s],
    ["judges by no rule", ["a", "--only=host-port", "--skip=host-port"], /leave no rule/],
  ])("exits 2 when it %s", (_, args, message) => {
    const { code, err } = runPolicy(...args);
    expect([code, message.test(err)]).toEqual([2, true]);
  });
});

describe("the rules", () => {
  test("are listed by --list", () =>
    expect(runPolicy("--list").lines.map((line) => line.split(":")[0])).toEqual(ALL_RULES.map(({ name }) => name)));

  test("are listed as JSON by --list --json", () =>
    expect(runPolicy("--list", "--json").lines.map((line) => JSON.parse(line).name)).toHaveLength(ALL_RULES.length));
});

test("rules that are chosen are listed alone", () =>
  expect(runPolicy("--list", "--only=host-path,host-port", "--skip=host-port").out).toMatch(/^host-path: .*\n$/));

test("--help says how the command is used", () =>
  expect(runPolicy("--help").out).toMatch(/^Usage: npm run -s policy -- DIR/));
