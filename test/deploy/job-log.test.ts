import { followJob } from "../../lib/deploy/job-log";
import { Kubectl, type Outcome } from "../../lib/deploy/kubectl";

const job = { kind: "Job", metadata: { name: "migrate-1" } };
const spec = { initContainers: [{ name: "bootstrap" }], containers: [{ name: "up" }] };

/** A Job whose pods' containers have these logs, a set of them for each time that they are asked for. */
class FakeCluster extends Kubectl {
  constructor(readonly logs: Record<string, string>[]) {
    super({});
  }

  override async try([command, name, flag]: readonly string[]): Promise<Outcome> {
    const [now = {}] = this.logs;
    const container = flag?.replace("--container=", "");
    if (command === "logs") return { code: 0, stdout: now[`${name} ${container}`] ?? "", stderr: "" };
    const names = new Set(Object.keys(now).map((key) => key.split(" ")[0]));
    const items = [...names].map((name) => ({ metadata: { name }, spec }));
    return { code: 0, stdout: JSON.stringify({ items }), stderr: "" };
  }
}

test("shows each line once, as soon as it is there, of every container and every try", async () => {
  const begun = { "a bootstrap": "one\ntwo\n" };
  const cluster = new FakeCluster([
    { "a bootstrap": "one\n" },
    { ...begun, "a up": "up\n" },
    begun,
    {},
    { "b up": "up\n" },
  ]);
  const lines: string[] = [];
  const show = followJob(job, cluster, (line) => lines.push(line));
  for (const expected of [["  one"], ["  two", "  up"], [], [], ["  up"]]) {
    await show();
    expect(lines.splice(0)).toEqual(expected);
    cluster.logs.shift();
  }
});
