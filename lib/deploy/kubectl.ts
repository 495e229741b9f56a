import { spawn } from "node:child_process";
import { serverSaid } from "./said";

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Standard input of the command. @default nothing */
  readonly input?: string;
  /** Seconds after which the command is ended. @default 120 */
  readonly seconds?: number;
}

/** kubectl is missing, the cluster does not answer, or a command failed; the message says what to do. */
export class KubectlError extends Error {
  override readonly name = "KubectlError";

  constructor(
    message: string,
    readonly reason: "missing" | "unreachable" | "failed",
    readonly outcome?: Outcome,
  ) {
    super(message);
  }
}

/** The fields of a Kubernetes object that this package reads. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly generation?: number;
    readonly creationTimestamp?: string;
    /** Present once it is being deleted. */
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly uid: string }[];
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
}

/** `kubectl` as a person at this machine would run it, with a fixed environment and namespace. */
export class Kubectl {
  constructor(
    /** Environment of every command; `KUBECONFIG` in it chooses the cluster. */
    readonly env: NodeJS.ProcessEnv,
    /** Namespace of every command that names none. @default the context's */
    readonly namespace?: string,
    /** Context of every command, whatever becomes the current one meanwhile. @default the current one of each moment */
    readonly pinned?: string,
  ) {}

  /** The same, in another namespace. */
  in(namespace: string): Kubectl {
    return new Kubectl(this.env, namespace, this.pinned);
  }

  /** Arguments that come before those of every command. */
  get place(): readonly string[] {
    const context = this.pinned === undefined ? [] : ["--context", this.pinned];
    return [...context, ...(this.namespace === undefined ? [] : ["--namespace", this.namespace])];
  }

  /** The same, in the namespace of these objects, since kubectl applies none of another than its own. */
  for(objects: readonly KubeObject[]): Kubectl {
    const namespace = objects.find(({ metadata }) => metadata.namespace !== undefined)?.metadata.namespace;
    return namespace === undefined ? this : this.in(namespace);
  }

  /**
   * Runs a command and returns its outcome, whatever its exit code.
   * @throws KubectlError if kubectl is missing or too slow
   */
  async try(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    return await execute("kubectl", [...this.place, ...args], { ...options, env: this.env });
  }

  /** Returns a command's standard output. @throws KubectlError if it failed */
  async run(args: readonly string[], options: RunOptions = {}): Promise<string> {
    const outcome = await this.try(args, options);
    if (outcome.code !== 0) throw failure(args, outcome);
    return outcome.stdout;
  }

  /** Reads an object; undefined if there is none of that name. `reference` is like `"job/migrate"`. */
  async get(reference: string): Promise<KubeObject | undefined> {
    const text = await this.run(["get", reference, "--output=json", "--ignore-not-found"]);
    return text.trim() === "" ? undefined : (JSON.parse(text) as KubeObject);
  }

  /** Lists a kind's objects, e.g. `"pods"`, with these labels. */
  async list(kind: string, selector?: string): Promise<readonly KubeObject[]> {
    const labels = selector === undefined ? [] : [`--selector=${selector}`];
    const text = await this.run(["get", kind, ...labels, "--output=json"]);
    return (JSON.parse(text) as { items: KubeObject[] }).items;
  }

  /** The context that commands use. @throws KubectlError if there is none, or its cluster does not answer */
  async context(): Promise<string> {
    const { code, stdout } = await this.try(["config", "current-context"]);
    if (code !== 0) {
      throw new KubectlError(
        `kubectl has no current context (KUBECONFIG is ${this.env.KUBECONFIG ?? "not set"}). Set KUBECONFIG to the cluster's ` +
          "file, or choose a context with `kubectl config use-context NAME`.",
        "unreachable",
      );
    }
    await this.run(["get", "--raw", "/readyz", "--request-timeout=15s"]);
    return stdout.trim();
  }
}

/** Runs a program. Resolves with its exit code and output. @throws KubectlError if it is missing or too slow */
export function execute(
  command: string,
  args: readonly string[],
  { input, seconds = 120, env, cwd }: RunOptions & { readonly env: NodeJS.ProcessEnv; readonly cwd?: string },
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    // spawn's own timeout would leave a timer behind for a command that could not start.
    const signal = AbortSignal.timeout(seconds * 1000);
    const child = spawn(command, args, { env, cwd, signal, stdio: ["pipe", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    // A command that does not read its input closes the pipe; its exit code gives the reason.
    child.stdin.on("error", () => undefined).end(input);
    child.once("error", (error: NodeJS.ErrnoException) => {
      if (error.name !== "AbortError") reject(error.code === "ENOENT" ? missing(command) : error);
    });
    const settle = (code: number | null, ended: NodeJS.Signals | null) => {
      if (code !== null) return resolve({ code, stdout, stderr });
      const why = signal.aborted ? `took longer than ${seconds} s` : `was ended by ${ended}`;
      reject(new KubectlError(`\`${[command, ...args].join(" ")}\` ${why}. ${stderr}`.trim(), "failed"));
    };
    child.once("close", settle);
    // A program that it started, such as a plugin for credentials, may hold its output open for longer.
    child.once("exit", (code, ended) => {
      if (!signal.aborted) return;
      settle(code, ended);
      for (const stream of [child.stdout, child.stderr]) stream.destroy();
    });
  });
}

function missing(command: string): KubectlError {
  const where = command === "kubectl" ? " https://kubernetes.io/docs/tasks/tools/ says how." : "";
  return new KubectlError(`${command} is not on the PATH. Install it.${where}`, "missing");
}

const UNREACHABLE =
  /connection refused|was refused|no such host|i\/o timeout|unable to connect|dial tcp|certificate|unauthorized|must be logged in|TLS handshake|context deadline exceeded/i;

/** A failed command's message, with a remedy for common causes. */
function failure(args: readonly string[], outcome: Outcome): KubectlError {
  // Neither its standard output nor the refused patch, which may hold Secrets.
  const said = serverSaid(outcome.stderr) || `exit code ${outcome.code}`;
  const command = `kubectl ${args.join(" ")}`;
  if (UNREACHABLE.test(said)) {
    const message = `The cluster does not answer: ${said}\nStart it, or choose another: KUBECONFIG, \`kubectl config use-context\`.`;
    return new KubectlError(message, "unreachable", outcome);
  }
  const kind = /no matches for kind "(?<kind>\w+)"/.exec(said)?.groups?.kind;
  const advice = kind === undefined ? "" : `\nInstall the operator that brings ${kind} into the cluster first.`;
  return new KubectlError(`\`${command}\` failed: ${said}${advice}`, "failed", outcome);
}
