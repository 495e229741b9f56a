import { followJob } from "../../lib/deploy/job-log";
import { Kubectl, type Outcome } from "../../lib/deploy/kubectl";

const job = { kind: "Job", metadata: { name: "migrate-1" } };

/** A Job whose pods have these logs, a set of them for each time that they are asked for. */
class FakeCluster extends Kubectl {
  constructor(readonly logs: Record<string, string>[]) {
    super({});
  }

  override async try([command, name = ""]: readonly string[]): Promise<Outcome> {
    const [now = {}] = this.logs;
    if (command === "logs") return { code: 0, stdout: now[name] ?? "", stderr: "" };
    return {
      code: 0,
      stdout: JSON.stringify({ items: Object.keys(now).map((name) => ({ metadata: { name } })) }),
      stderr: "",
    };
  }
}

test("shows each line once, as soon as it is there, of every try", async () => {
  const cluster = new FakeCluster([{ a: "one\n" }, { a: "one\ntwo\n" }, {}, { b: "one\n" }]);
  const lines: string[] = [];
  const show = followJob(job, cluster, (line) => lines.push(line));
  for (const expected of [["  one"], ["  two"], [], ["  one"]]) {
    await show();
    expect(lines.splice(0)).toEqual(expected);
    cluster.logs.shift();
  }
});
