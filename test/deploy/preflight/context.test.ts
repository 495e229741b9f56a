import { UsageError } from "../../../lib/common/command-line";
import { Kubectl, type Outcome } from "../../../lib/deploy/kubectl";
import { bindContext, contextProblems, type Permission } from "../../../lib/deploy/preflight/context";

const here = { name: "prod-eu", server: "https://10.0.0.1:6443" };
const problems = (permission: Partial<Permission>) =>
  contextProblems(here, { stage: "prod", anywhere: false, ...permission });

describe("a stage goes to the current context", () => {
  test.each<[string, Partial<Permission>]>([
    ["if it names it", { contexts: ["prod-us", "prod-eu"] }],
    ["if it names its API server", { contexts: ["https://10.0.0.1:6443"] }],
    ["if --context names it", { given: "prod-eu" }],
    ["if it goes anywhere", { anywhere: true }],
  ])("%s", (_, permission) => expect(problems(permission)).toEqual([]));
});

describe("a stage does not go to the current context", () => {
  test("if it names others, whatever the command line says", () =>
    expect(problems({ contexts: ["prod-us"], anywhere: true, given: "prod-eu" })).toEqual([
      "Stage prod goes to prod-us, but the current context is prod-eu (https://10.0.0.1:6443). Choose one of them (kubectl config use-context NAME), or add this one to contexts in lib/stages/prod.ts.",
    ]));

  test("if nothing names it", () =>
    expect(problems({})).toEqual([
      'Stage prod is shared and does not name its cluster, and the current context is prod-eu (https://10.0.0.1:6443). If that is its cluster, say so with --context prod-eu, or name it for everybody: contexts: ["prod-eu"] in lib/stages/prod.ts.',
    ]));

  test("if --context names another, which is told beside the stage's own", () =>
    expect(problems({ given: "prod-us", contexts: ["prod-us"] })).toEqual([
      expect.stringMatching(/^--context is prod-us, but .*kubectl config use-context prod-us$/),
      expect.stringMatching(/^Stage prod goes to prod-us, but/),
    ]));
});

/** A kubectl whose configuration is as given, and that fails whoever asks the cluster. */
class Configured extends Kubectl {
  constructor(readonly view: object) {
    super({ KUBECONFIG: "/etc/kube" }, "diabrisk");
  }

  override async try(args: readonly string[]): Promise<Outcome> {
    if (args.join(" ") !== "config view --minify --output=json") throw new Error(`asked ${args.join(" ")}`);
    return { code: 0, stdout: JSON.stringify(this.view), stderr: "" };
  }
}
const configured = () =>
  new Configured({ "current-context": "prod-eu", clusters: [{ cluster: { server: here.server } }] });

test("every command after it goes to that context, whatever becomes the current one", async () => {
  const bound = await bindContext(configured(), { stage: "prod", given: "prod-eu", anywhere: false });
  expect(bound.place).toEqual(["--context", "prod-eu", "--namespace", "diabrisk"]);
  expect(bound.in("other").place).toEqual(["--context", "prod-eu", "--namespace", "other"]);
});

test("a context that is not the stage's is not asked anything", () =>
  expect(bindContext(configured(), { stage: "prod", anywhere: false })).rejects.toThrow(UsageError));

test("without a current context it says so", () =>
  expect(bindContext(new Configured({}), { stage: "dev", anywhere: true })).rejects.toThrow(
    /^kubectl has no current context \(KUBECONFIG is \/etc\/kube\)/,
  ));
