import { Kubectl, type KubeObject, type Outcome, type RunOptions } from "../../../lib/deploy/kubectl";
import { reference } from "../../../lib/deploy/manifests";

const answer = (value: unknown): Outcome => ({ code: 0, stdout: JSON.stringify(value), stderr: "" });
const failure = (stderr: string): Outcome => ({ code: 1, stdout: "", stderr });

/** Kinds that a cluster without operators serves, by version. */
const BUILT_IN: Readonly<Record<string, readonly string[]>> = {
  v1: ["Namespace", "ConfigMap", "Secret", "Service", "ServiceAccount", "ResourceQuota", "LimitRange"],
  "apps/v1": ["StatefulSet", "Deployment"],
  "batch/v1": ["Job"],
  "networking.k8s.io/v1": ["NetworkPolicy"],
  "policy/v1": ["PodDisruptionBudget"],
};

/** A kubectl whose cluster has `objects`, refuses what `refuse` says, and never changes. */
export class ApiServer extends Kubectl {
  readonly commands: string[] = [];
  served: Record<string, readonly string[]> = { ...BUILT_IN };
  /** kubectl's standard error where the API server refuses an object. */
  refuse: (object: KubeObject) => string | undefined = () => undefined;
  /** The answer to a claim that asks for more. */
  enlarging: Outcome = failure("Error from server (Forbidden): only dynamically provisioned pvc can be resized");
  /** Reads that this person may not make. */
  forbidden = /$^/;

  constructor(readonly objects: readonly KubeObject[]) {
    super({}, "diabrisk");
  }

  override in(): ApiServer {
    return this;
  }

  override async try(args: readonly string[], { input = "" }: RunOptions = {}): Promise<Outcome> {
    const command = args.join(" ");
    this.commands.push(command);
    if (this.forbidden.test(command)) return failure("Error from server (Forbidden): you may not");
    if (args.includes("--filename=-")) return this.#files(args[0] ?? "", JSON.parse(input).items);
    const [verb, what = "", path = ""] = args;
    if (verb === "patch") return this.enlarging;
    if (what === "--raw") return this.#discover(path);
    if (what.includes("/")) return this.#one(what);
    return answer({ items: this.#list(what, args.find((arg) => arg.startsWith("--selector="))?.slice(11)) });
  }

  #files(verb: string, items: readonly KubeObject[]): Outcome {
    if (verb === "get") return answer({ items: items.flatMap((item) => this.#find(reference(item)) ?? []) });
    const refusals = items.flatMap((item) => this.refuse(item) ?? []);
    if (refusals.length > 0) return failure(refusals.join("\n"));
    return answer({ items: items.map((item) => ({ ...item, status: this.#find(reference(item))?.status })) });
  }

  #discover(path: string): Outcome {
    const kinds = this.served[path.replace(/^\/apis?\//, "")];
    return kinds ? answer({ resources: kinds.map((kind) => ({ kind })) }) : failure("Error from server (NotFound): no");
  }

  #one(what: string): Outcome {
    const found = this.#find(what);
    return found ? answer(found) : { code: 0, stdout: "", stderr: "" };
  }

  #list(kinds: string, selector: string | undefined): readonly KubeObject[] {
    const names = kinds.split(",").map((kind) => kind.replace(/s$/, "").replace(/ie$/, "y").replace("classe", "class"));
    const [label = "", value] = selector?.split("=") ?? [];
    return this.objects.filter(
      ({ kind, metadata }) =>
        names.some((name) => name.split(".")[0] === kind.toLowerCase()) &&
        (selector === undefined || metadata.labels?.[label] === value),
    );
  }

  readonly #find = (what: string) => this.objects.find((object) => reference(object) === what);
}
