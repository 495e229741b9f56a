import { escapeControls } from "../common/escape-controls";
import type { Kubectl, KubeObject } from "./kubectl";
import { reference } from "./manifests";
import type { Say } from "./say";

/**
 * Each call shows what a Job's pods have logged since the last. A Job at its deadline deletes its pod with the log, so
 * only what was shown by then remains.
 */
export function followJob(job: KubeObject, kubectl: Kubectl, say: Say): () => Promise<void> {
  const followers = new Map<string, Follower>();
  const show = (line: string) => say(`  ${escapeControls(line)}`, { type: "log", object: reference(job) });
  return async () => {
    for (const pod of await kubectl.list("pods", `batch.kubernetes.io/job-name=${job.metadata.name}`)) {
      for (const container of containersOf(pod.spec)) {
        const key = `${pod.metadata.name} ${container}`;
        const follower = followers.get(key) ?? new Follower(pod.metadata.name, container, kubectl);
        followers.set(key, follower);
        for (const line of await follower.next(restarts(pod, container))) show(line);
      }
    }
  };
}

/**
 * Reads on in a container's log by the lines' times. Their number would not do: the kubelet rotates a log, and then has
 * its newest part only.
 */
class Follower {
  /** Time of the last line that was read, as the kubelet writes it, and to compare. */
  #since = "";
  #last = "";
  /** Lines of that time that were read. */
  #ofLast = 0;
  #restarts = 0;

  constructor(
    readonly pod: string,
    readonly container: string,
    readonly kubectl: Kubectl,
  ) {}

  async next(restarts: number): Promise<readonly string[]> {
    // A restarted container has a new log, and the end of the one before is in another.
    const before = restarts > this.#restarts ? await this.#read(["--previous"]) : [];
    this.#restarts = restarts;
    return [...before, ...(await this.#read([]))];
  }

  async #read(flags: readonly string[]): Promise<readonly string[]> {
    // The API server knows whole seconds only.
    const since = this.#since === "" ? [] : [`--since-time=${this.#since.replace(FRACTION, "")}`];
    const args = ["logs", this.pod, `--container=${this.container}`, "--timestamps", ...since, ...flags];
    // The exit code does not matter: a container that has yet to start has no log.
    const { stdout } = await this.kubectl.try(args);
    return stdout.split("\n").filter(Boolean).flatMap(this.#unread());
  }

  /** Takes a reading's lines in turn, and gives those that no reading has had. */
  #unread(): (line: string) => string[] {
    const [last, ofLast] = [this.#last, this.#ofLast];
    let again = 0;
    return (stamped) => {
      const end = stamped.indexOf(" ");
      const [since, text] = end < 0 ? [stamped, ""] : [stamped.slice(0, end), stamped.slice(end + 1)];
      const time = sortable(since);
      if (time < last || (time === last && ++again <= ofLast)) return [];
      this.#ofLast = time === this.#last ? this.#ofLast + 1 : 1;
      this.#last = time;
      this.#since = since;
      return text === "" ? [] : [text];
    };
  }
}

const FRACTION = /\.\d+/;

/** Makes text of a time with nanoseconds that compares as the time does, whatever the node's time zone. */
function sortable(time: string): string {
  return `${Date.parse(time.replace(FRACTION, ""))}${FRACTION.exec(time)?.[0] ?? ""}`;
}

/** Names in the order in which they run. */
function containersOf(spec: KubeObject["spec"]): readonly string[] {
  const containers = [spec?.initContainers, spec?.containers].flat() as readonly ({ name: string } | undefined)[];
  return containers.flatMap((container) => container?.name ?? []);
}

function restarts({ status }: KubeObject, container: string): number {
  const statuses = [status?.initContainerStatuses, status?.containerStatuses].flat() as readonly (
    | { readonly name: string; readonly restartCount?: number }
    | undefined
  )[];
  return statuses.find((one) => one?.name === container)?.restartCount ?? 0;
}
