import { followJob } from "../../lib/deploy/job-log";
import { Kubectl, type Outcome } from "../../lib/deploy/kubectl";

const job = { kind: "Job", metadata: { name: "migrate-1" } };
const spec = { initContainers: [{ name: "bootstrap" }], containers: [{ name: "up" }] };

/** A container's log at one moment; `previous` is the log of before its last restart. */
type Logs = Readonly<Record<string, string>>;

/** A Job whose pods' containers have these logs, a set of them for each time that they are asked for. */
class FakeCluster extends Kubectl {
  readonly asked: string[] = [];
  restarts = 0;

  constructor(readonly logs: Logs[]) {
    super({});
  }

  override async try([command, name, flag = "", ...more]: readonly string[]): Promise<Outcome> {
    const [now = {}] = this.logs;
    if (command === "logs") return this.#log(`${name} ${flag.replace("--container=", "")}`, now, more);
    const names = new Set(Object.keys(now).map((key) => key.split(" ")[0]));
    const status = { containerStatuses: [{ name: "up", restartCount: this.restarts }] };
    const items = [...names].map((pod) => ({ metadata: { name: pod }, spec, status }));
    return { code: 0, stdout: JSON.stringify({ items }), stderr: "" };
  }

  /** Answers as the kubelet does, which knows `--since-time` to the second. */
  #log(key: string, now: Logs, flags: readonly string[]): Outcome {
    const since = flags.find((flag) => flag.startsWith("--since-time="))?.replace("--since-time=", "");
    this.asked.push([key, ...flags].join(" "));
    const all = (now[flags.includes("--previous") ? `${key} previous` : key] ?? "").split("\n").filter(Boolean);
    const lines = all.filter(
      (line) => since === undefined || Date.parse(line.split(" ")[0] ?? "") >= Date.parse(since),
    );
    return { code: 0, stdout: lines.map((line) => `${line}\n`).join(""), stderr: "" };
  }
}

/** A log whose lines are a tenth of a second apart. */
const log = (texts: string, from = 0, zone = "Z") =>
  [...texts]
    .map(
      (text, index) =>
        `2026-01-01T00:00:0${(from + index) / 10 < 1 ? "0" : "1"}.${(from + index) % 10}00000000${zone} ${text}`,
    )
    .join("\n");

async function shown(cluster: FakeCluster, expected: readonly string[]) {
  const lines: string[] = [];
  const show = followJob(job, cluster, (line) => lines.push(line));
  for (const texts of expected) {
    await show();
    expect(lines.splice(0).map((line) => line.trim())).toEqual([...texts]);
    cluster.logs.shift();
  }
}

test("shows each line once, as soon as it is there, of every container and every try", async () => {
  const begun = { "a bootstrap": log("12") };
  const cluster = new FakeCluster([
    { "a bootstrap": log("1") },
    { ...begun, "a up": log("u") },
    begun,
    {},
    { "b up": log("v") },
  ]);
  await shown(cluster, ["1", "2u", "", "", "v"]);
});

test("goes on where the kubelet has rotated the log, and has its newest lines only", async () => {
  const up = (text: string) => ({ "a up": text });
  await shown(new FakeCluster([up(log("abcdef")), up(log("fgh", 5)), up(log("i", 8))]), ["abcdef", "gh", "i"]);
});

test("asks for what is new, in the node's time zone", async () => {
  const cluster = new FakeCluster([{ "a up": log("abc", 0, "+02:00") }, { "a up": log("abcd", 0, "+02:00") }]);
  await shown(cluster, ["abc", "d"]);
  expect(cluster.asked.at(-1)).toBe("a up --timestamps --since-time=2026-01-01T00:00:00+02:00");
});

test("shows lines of one moment each once", async () => {
  const same = (count: number) => ({ "a up": Array(count).fill("2026-01-01T00:00:00.000000001Z x").join("\n") });
  await shown(new FakeCluster([same(2), same(3), same(3)]), ["xx", "x", ""]);
});

test("shows the last lines of a container that was restarted, before those of the new one", async () => {
  const cluster = new FakeCluster([{ "a up": log("ab") }, { "a up": log("de", 4), "a up previous": log("abc") }]);
  const lines: string[] = [];
  const show = followJob(job, cluster, (line) => lines.push(line.trim()));
  await show();
  cluster.logs.shift();
  cluster.restarts = 1;
  await show();
  expect(lines).toEqual(["a", "b", "c", "d", "e"]);
});

test("a terminal obeys nothing in a log", async () => {
  const lines: string[] = [];
  await followJob(job, new FakeCluster([{ "a up": log("\u001b") }]), (line) => lines.push(line))();
  expect(lines).toEqual(["  \\u001b"]);
});
