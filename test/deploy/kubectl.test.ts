import { mkdtemp, rm } from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { Kubectl, KubectlError } from "../../lib/deploy/kubectl";
import { shellProgram } from "../support/shell-program";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "kubectl-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** A `kubectl` that runs this shell script. */
async function kubectl(script: string, namespace?: string): Promise<Kubectl> {
  await shellProgram(folder, "kubectl", script);
  return new Kubectl({ PATH: `${folder}:/usr/bin:/bin`, KUBECONFIG: "/etc/kube" }, namespace);
}

test("passes the namespace, the arguments and the input", async () => {
  const fake = await kubectl('echo "$@"; cat', "diabrisk");
  expect(await fake.run(["apply", "--filename=-"], { input: "{}" })).toBe(
    "--namespace diabrisk apply --filename=-\n{}",
  );
});

test("a command that does not read its input ends as its exit code says", async () => {
  const fake = await kubectl("exit 3");
  const { code } = await fake.try(["apply"], { input: "x".repeat(1_000_000) });
  expect(code).toBe(3);
});

test("an object that is not there is undefined", async () => {
  expect(await (await kubectl("true")).get("job/none")).toBeUndefined();
});

describe("says what to do", () => {
  const failure = async (fake: Kubectl, args = ["get", "pods"]) => {
    const error = await fake.run(args).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(KubectlError);
    return error as KubectlError;
  };

  test("where kubectl is missing", async () => {
    const { reason, message } = await failure(new Kubectl({ PATH: folder }));
    expect(reason).toBe("missing");
    expect(message).toMatch(/^kubectl is not on the PATH\. Install it\./);
  });

  test.each([
    "The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?",
    "Unable to connect to the server: dial tcp: lookup nowhere: no such host",
    "error: You must be logged in to the server (Unauthorized)",
    "Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by unknown authority",
  ])("where the cluster does not answer: %s", async (said) => {
    const { reason, message } = await failure(await kubectl(`echo '${said}' >&2; exit 1`));
    expect(reason).toBe("unreachable");
    expect(message).toContain(said);
    expect(message).toContain("kubectl config use-context");
  });

  test("where an operator is missing", async () => {
    const said = 'no matches for kind "ExternalSecret" in version "external-secrets.io/v1"';
    const { reason, message } = await failure(await kubectl(`echo '${said}' >&2; exit 1`), ["apply"]);
    expect(reason).toBe("failed");
    expect(message).toContain("Install the operator that brings ExternalSecret into the cluster first.");
  });

  test("with kubectl's standard error alone, since its standard output may hold Secrets", async () => {
    const { message } = await failure(await kubectl("echo c2VjcmV0; echo 'error: too old' >&2; exit 1"));
    expect(message).toContain("error: too old");
    expect(message).not.toContain("c2VjcmV0");
  });

  test("with the exit code where it said nothing, whatever it printed", async () => {
    const { message } = await failure(await kubectl("echo c2VjcmV0; exit 7"));
    expect(message).toContain("exit code 7");
    expect(message).not.toContain("c2VjcmV0");
  });

  test("where a command takes too long", async () => {
    const fake = await kubectl("exec sleep 5");
    await expect(fake.run(["get"], { seconds: 0.1 })).rejects.toThrow("`kubectl get` took longer than 0.1 s.");
  });

  test("where what a command has started holds its output open", async () => {
    const began = performance.now();
    const fake = await kubectl("sleep 5 & exec sleep 5");
    await expect(fake.run(["get"], { seconds: 0.1 })).rejects.toThrow("`kubectl get` took longer than 0.1 s.");
    expect(performance.now() - began).toBeLessThan(4000);
  });

  test("where there is no current context", async () => {
    const fake = await kubectl("echo 'error: current-context is not set' >&2; exit 1");
    await expect(fake.context()).rejects.toThrow(
      /has no current context \(KUBECONFIG is \/etc\/kube\)\. Set KUBECONFIG/,
    );
  });
});

test("context asks whether the cluster answers", async () => {
  const answers = '[ "$1" = config ] && echo k3d-dev || [ "$*" = "get --raw /readyz --request-timeout=15s" ]';
  expect(await (await kubectl(answers)).context()).toBe("k3d-dev");
  const fake = await kubectl('[ "$1" = config ] && echo k3d-dev || { echo "connection refused" >&2; exit 1; }');
  await expect(fake.context()).rejects.toMatchObject({ reason: "unreachable" });
});
