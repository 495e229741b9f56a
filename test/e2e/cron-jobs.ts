import { look } from "../../lib/deploy/look";
import { readiness } from "../../lib/deploy/readiness";
import { WaitError } from "../../lib/deploy/waiting";
import type { E2e } from "./case";

export interface Ended {
  readonly succeeded: boolean;
  readonly seconds: number;
}

/**
 * Starts a CronJob's Job now, as a person would, and waits until it has ended, well or not.
 * @param namespace default e2e's own
 * @param seconds that it may take, default 240
 */
export async function startNow(
  e2e: E2e,
  cronJob: string,
  name: string,
  namespace = e2e.namespace,
  seconds = 240,
): Promise<Ended> {
  const kubectl = e2e.kubectl.in(namespace);
  const removal = () => kubectl.run(["delete", "job", name, "--ignore-not-found", "--cascade=foreground"]);
  await removal();
  e2e.cleanUp(`job ${name}`, removal);
  await e2e.type(`kubectl --namespace ${namespace} create job ${name} --from=cronjob/${cronJob}`);
  const what = `job/${name}`;
  const poll = async () => {
    const found = await look(what, kubectl);
    return found.state === "failed" ? { state: "ready" as const, detail: found.detail } : found;
  };
  const began = performance.now();
  await e2e.wait({ what, seconds, poll });
  const job = await kubectl.get(what);
  if (job === undefined) throw new WaitError(what, "is gone");
  return { succeeded: readiness(job).state === "ready", seconds: (performance.now() - began) / 1000 };
}

/** The log of one container of a Job, shown. */
export async function logOf(e2e: E2e, name: string, container: string, namespace = e2e.namespace): Promise<string> {
  const { stdout } = await e2e.kubectl
    .in(namespace)
    .try(["logs", `job/${name}`, `--container=${container}`, "--tail=40"]);
  e2e.evidence(`$ kubectl --namespace ${namespace} logs job/${name} --container ${container}\n${stdout}`);
  return stdout;
}
