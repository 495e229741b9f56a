import { backUpNow } from "../../../lib/deploy/backup/now";
import { Kubectl, type Outcome } from "../../../lib/deploy/kubectl";

const LOG = `2026-11-30T08:15:00.1Z Stored 000002-20261130T081500Z in volume /backups: 9 bytes, 7 tables, 3 rows.
2026-11-30T08:15:00.2Z Removed 000001-20261130T071500Z: newer backups fill its day, week and month.
`;

/** A cluster in which the Job of the CronJob runs at the first look, with this log, and is `then` at the next. */
class OneJob extends Kubectl {
  #looks = 0;

  constructor(
    private readonly log: string,
    private readonly then: "complete" | "gone",
  ) {
    super({}, "diabrisk");
  }

  override async try([command = "", what = ""]: readonly string[]): Promise<Outcome> {
    if (command === "logs") return done(this.log);
    if (command === "get" && what === "pods") return done({ items: this.#looks > 2 ? [] : [POD] });
    return done(command === "get" ? this.#read(what) : "");
  }

  #read(what: string): object | "" {
    if (what.startsWith("cronjob/")) return { kind: "CronJob", metadata: {}, spec: {} };
    this.#looks += 1;
    if (this.#looks <= 2) return job([]);
    return this.then === "gone" ? "" : job([{ type: "Complete", status: "True" }]);
  }
}

const done = (output: string | object): Outcome => ({
  ...{ code: 0, stderr: "" },
  stdout: typeof output === "string" ? output : JSON.stringify(output),
});
const job = (conditions: readonly object[]) => ({
  ...{ kind: "Job", metadata: { name: "postgres-backup-by-hand" } },
  ...{ spec: { selector: { matchLabels: { app: "postgres-backup" } } }, status: { conditions } },
});
const POD = { kind: "Pod", metadata: { name: "p" }, spec: { containers: [{ name: "ship" }] }, status: {} };

async function backUp(log: string, then: "complete" | "gone"): Promise<string> {
  const lines: string[] = [];
  const context = { say: (line: string) => void lines.push(line), pollMilliseconds: 1 };
  await backUpNow({ kubectl: new OneJob(log, then), now: () => new Date(0), ...context });
  return lines.at(-1) ?? "";
}

test("says at last what was stored, though the log ends with what was removed", async () =>
  expect(await backUp(LOG, "complete")).toMatch(/is complete after \d+ s\. Stored 000002-\S+ in volume .* 3 rows\.$/));

test("a Job that the CronJob's history drops after it has stored its backup is no failure", async () =>
  expect(await backUp(LOG, "gone")).toMatch(/Stored 000002-/));

test("a Job that is gone before that is", async () =>
  expect(backUp("", "gone")).rejects.toThrow(/^job\/\S+ is gone before its log .* `npm run backup -- STAGE` lists/));
