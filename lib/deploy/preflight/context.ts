import { UsageError } from "../../common/command-line";
import { Kubectl, KubectlError } from "../kubectl";

/** The cluster that kubectl's current context leads to. */
export interface CurrentContext {
  readonly name: string;
  /** URL of its API server. */
  readonly server: string;
}

/** Everything that may say that a context is the stage's. */
export interface Permission {
  readonly stage: string;
  /** Contexts, or URLs of API servers, that the stage names. @default it names none */
  readonly contexts?: readonly string[] | undefined;
  /** Given on the command line. */
  readonly given?: string | undefined;
  /** Whether a stage that names none goes to any context, as one person's does, or if `--yes` is given. */
  readonly anywhere: boolean;
}

/** Reads the current context from kubectl's configuration. Asks no cluster. @throws KubectlError if there is none */
async function currentContext(kubectl: Kubectl): Promise<CurrentContext> {
  const { code, stdout, stderr } = await kubectl.try(["config", "view", "--minify", "--output=json"]);
  const view = (code === 0 ? JSON.parse(stdout) : {}) as {
    "current-context"?: string;
    clusters?: readonly { cluster: { server?: string } }[] | null;
  };
  const name = view["current-context"];
  if (name) return { name, server: view.clusters?.[0]?.cluster.server ?? "" };
  throw new KubectlError(
    `kubectl has no current context (KUBECONFIG is ${kubectl.env.KUBECONFIG ?? "not set"}): ${stderr.trim() || "none is set"}. Set ` +
      "KUBECONFIG to the cluster's file, or choose a context with `kubectl config use-context NAME`.",
    "unreachable",
  );
}

/**
 * Binds kubectl to its current context, if the stage may go there. So nobody who changes the context meanwhile sends the rest
 * elsewhere. @throws UsageError before anything is asked of the cluster
 */
export async function bindContext(kubectl: Kubectl, permission: Permission): Promise<Kubectl> {
  const current = await currentContext(kubectl);
  const problems = contextProblems(current, permission);
  if (problems.length > 0) throw new UsageError(problems);
  return new Kubectl(kubectl.env, kubectl.namespace, current.name);
}

/** Explains why a stage does not go to a context. */
export function contextProblems({ name, server }: CurrentContext, permission: Permission): readonly string[] {
  const { stage, contexts, given, anywhere } = permission;
  const here = `the current context is ${name}${server === "" ? "" : ` (${server})`}`;
  const problems: string[] = [];
  if (given !== undefined && given !== name) {
    problems.push(`--context is ${given}, but ${here}. Choose it: kubectl config use-context ${given}`);
  }
  if (contexts !== undefined && !contexts.some((one) => one === name || one === server)) {
    problems.push(
      `Stage ${stage} goes to ${contexts.join(", ") || "no context"}, but ${here}. Choose one of them (kubectl config use-context NAME), or ` +
        `add this one to contexts in lib/stages/${stage}.ts.`,
    );
  }
  if (contexts === undefined && given === undefined && !anywhere) {
    problems.push(
      `Stage ${stage} is shared and does not name its cluster, and ${here}. If that is its cluster, say so with --context ${name}, or ` +
        `name it for everybody: contexts: ["${name}"] in lib/stages/${stage}.ts.`,
    );
  }
  return problems;
}
