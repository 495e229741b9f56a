import { strict as assert } from "node:assert";
import { BACKUP, RETENTION } from "../../../lib/contract";
import { statusOf } from "../../../lib/deploy/status/status";
import type { Fact, FactName, State, Status } from "../../../lib/status/document";
import { renderStatus } from "../../../lib/status/text";
import type { Case, E2e } from "../case";
import { runCommand } from "../commands";
import { startNow } from "../cron-jobs";
import { untilReady } from "../server";

export const status: Case = {
  name: "status",
  title:
    "`npm run status` tells on one screen and as JSON that a deployed stage is well, and once data-svc is scaled away, that alone",
  async run(e2e) {
    for (const cronJob of [BACKUP.name, BACKUP.drill, RETENTION.name]) {
      assert.ok((await startNow(e2e, cronJob, `${cronJob}-status`)).succeeded, `${cronJob} failed`);
    }
    const well = await ask(e2e, 2);
    // The case deploys as kubectl apply does, which leaves no record of a release.
    assert.deepEqual(notWell(well), { release: "warning" });
    const { replicas } = e2e.stage.service;
    assert.equal(factOf(well, "data-svc").values.ready, replicas);

    await e2e.type("kubectl scale deployment/data-svc --replicas=0");
    await e2e.kubectl.run(["wait", "--for=delete", "pod", "--selector=app=data-svc", "--timeout=90s"]);
    const without = await ask(e2e, 1);
    assert.deepEqual(notWell(without), { release: "warning", "data-svc": "failed" });
    await e2e.type(`kubectl scale deployment/data-svc --replicas=${replicas}`);
    await untilReady(e2e);
  },
};

export const prodStatus: Case = {
  name: "prod-status",
  title: "Prod's status has its issued certificate, its backups and drills, and its alerts where there is a Prometheus",
  async run(e2e) {
    await assertTold(e2e);
  },
};

export const prodHaStatus: Case = {
  name: "prod-ha-status",
  title: "The status of prod-ha asks the primary, and has all three instances, two replicas and every volume",
  long: true,
  async run(e2e) {
    const found = await assertTold(e2e);
    assert.deepEqual(factOf(found, "replication").values.streaming, 2);
    assert.equal(factOf(found, "replication").state, "ok", factOf(found, "replication").text);
    // Each of three instances has one for the data and one for the write-ahead log.
    assert.equal(factOf(found, "volume").details.length, 6);
  },
};

/** Asks a stage whose namespace is another than its own, which no person's command does. */
async function assertTold(e2e: E2e): Promise<Status> {
  const kubectl = e2e.kubectl.in(e2e.namespace);
  const found = await statusOf({ stage: e2e.stage, kubectl, context: "", now: () => new Date() });
  e2e.evidence(renderStatus(found).join("\n"));
  for (const name of ["schema", "database", "data-svc", "writes", "connections"] as const) {
    assert.equal(factOf(found, name).state, "ok", factOf(found, name).text);
  }
  const { expiresAt } = factOf(found, "certificate").values;
  assert.ok(Date.parse(String(expiresAt)) > Date.now(), "the certificate's end is not told");
  // The bucket of these manifests is nobody's, so there may be no backup. The status has to know that.
  for (const name of ["backup", "restore", "alerts"] as const) {
    assert.notEqual(factOf(found, name).state, "unknown", factOf(found, name).text);
  }
  return found;
}

/** Asks as a person types it, for the screen and for the document. */
async function ask(e2e: E2e, expected: number): Promise<Status> {
  const screen = await runCommand(e2e, "status", [e2e.stage.name]);
  assert.equal(screen.code, expected, "another exit code");
  assert.ok(screen.output.trimEnd().split("\n").length <= 24, "it is more than a screen");
  const { code, output } = await runCommand(e2e, "status", [e2e.stage.name, "--json"]);
  assert.equal(code, expected, "another exit code with --json");
  return JSON.parse(output) as Status;
}

function factOf({ facts }: Status, name: FactName): Fact {
  const found = facts.find((fact) => fact.name === name);
  assert.ok(found, `${name} is missing`);
  return found;
}

/** Lists what is not well. The disk of a volume may be the node's, which others fill. */
const notWell = ({ facts }: Status): Partial<Record<FactName, State>> =>
  Object.fromEntries(
    facts.flatMap(({ name, state }) => (state === "ok" || name === "volume" ? [] : [[name, state] as const])),
  );
