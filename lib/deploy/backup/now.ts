import { BACKUP } from "../../contract";
import { followJob } from "../job-log";
import type { Kubectl, KubeObject } from "../kubectl";
import { look } from "../look";
import { type WaitContext, WaitError, waitFor } from "../waiting";

export interface BackUpOptions extends WaitContext {
  readonly kubectl: Kubectl;
  readonly now: () => Date;
}

/** The line of the log that tells what was stored. Others may follow it, about backups that were removed. */
const STORED = /^\s*Stored \S+ in /;

/** Runs the CronJob's Job at once, shows its log, and says what was stored. */
export async function backUpNow({ kubectl, now, ...context }: BackUpOptions): Promise<void> {
  const { say } = context;
  const reference = `cronjob/${BACKUP.name}`;
  const cronJob = await kubectl.get(reference);
  if (!cronJob) throw new WaitError(reference, `is not in namespace ${kubectl.namespace}. Deploy the stage first.`);
  const name = `${BACKUP.name}-by-hand-${now().getTime().toString(36)}`;
  await kubectl.run(["create", "job", name, `--from=${reference}`]);
  const what = `job/${name}`;
  let stored = "";
  const keep = (line: string) => {
    if (STORED.test(line)) stored = line.trim();
    say(line);
  };
  const showLog = followJob({ kind: "Job", metadata: { name } }, kubectl, keep);
  const poll = async () => {
    // The CronJob keeps the newest Job that succeeded, and removes this one if it ends after a newer one.
    const gone = (await kubectl.get(what)) === undefined;
    if (gone && stored) return { state: "ready", detail: "" } as const;
    if (gone) throw new WaitError(what, GONE);
    const found = await look(what, kubectl);
    await showLog();
    return found;
  };
  const seconds = await waitFor({ what, seconds: deadlineOf(cronJob) + 30, poll }, context);
  say(`${what} is complete after ${Math.round(seconds)} s. ${stored}`);
}

const GONE =
  "is gone before its log told how it ended, for instance because a newer one has succeeded. `npm run backup -- STAGE` lists what was stored.";

const deadlineOf = ({ spec }: KubeObject): number =>
  Number(
    (spec as { jobTemplate?: { spec?: { activeDeadlineSeconds?: number } } }).jobTemplate?.spec
      ?.activeDeadlineSeconds ?? 6 * 3600,
  );
