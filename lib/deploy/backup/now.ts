import { BACKUP } from "../../contract";
import { followJob } from "../job-log";
import type { Kubectl, KubeObject } from "../kubectl";
import { look } from "../look";
import { type WaitContext, WaitError, waitFor } from "../waiting";

export interface BackUpOptions extends WaitContext {
  readonly kubectl: Kubectl;
  readonly now: () => Date;
}

/** Runs the CronJob's Job at once, shows its log, and returns the last line of it, which says what was stored. */
export async function backUpNow({ kubectl, now, ...context }: BackUpOptions): Promise<string> {
  const { say } = context;
  const reference = `cronjob/${BACKUP.name}`;
  const cronJob = await kubectl.get(reference);
  if (!cronJob) throw new WaitError(reference, `is not in namespace ${kubectl.namespace}. Deploy the stage first.`);
  const name = `${BACKUP.name}-by-hand-${now().getTime().toString(36)}`;
  await kubectl.run(["create", "job", name, `--from=${reference}`]);
  const what = `job/${name}`;
  let last = "";
  const keep = (line: string) => {
    last = line.trim();
    say(line);
  };
  const showLog = followJob({ kind: "Job", metadata: { name } }, kubectl, keep);
  const poll = async () => {
    const found = await look(what, kubectl);
    await showLog();
    return found;
  };
  await waitFor({ what, seconds: deadlineOf(cronJob) + 30, poll }, context);
  return last;
}

const deadlineOf = ({ spec }: KubeObject): number =>
  Number(
    (spec as { jobTemplate?: { spec?: { activeDeadlineSeconds?: number } } }).jobTemplate?.spec
      ?.activeDeadlineSeconds ?? 6 * 3600,
  );
