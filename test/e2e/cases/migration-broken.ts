import { strict as assert } from "node:assert";
import * as path from "node:path";
import { SCHEMA_VERSION } from "../../../lib/contract";
import type { Case, E2e } from "../case";
import { query } from "../database";
import {
  deployInVain,
  describePods,
  jobOf,
  type Manifests,
  schemaVersion,
  servicePods,
  settle,
  standOnThisRelease,
} from "../deployments";
import { releaseOf } from "../releases";
import { assertAllAnswered, startTraffic } from "../traffic";

/** The first statement works, the second names a column that is not there. */
const BROKEN = {
  name: "broken",
  up: `alter table assessments add column note text;
alter table assessments add constraint assessments_note_check check (length(nota) <= 200);
`,
  down: "alter table assessments drop column note;\n",
};

export const migrationBroken: Case = {
  name: "migration-broken",
  title:
    "A release whose migration fails changes nothing: its Job says where, its pods stay unready, the old ones serve",
  async run(e2e) {
    const broken = await (await releaseOf(e2e, BROKEN)).manifests();
    await standOnThisRelease(e2e);
    const [pods, columns] = [await describePods(e2e), await columnsOf(e2e)];
    const traffic = await startTraffic(e2e);

    const said = await deployInVain(e2e, broken);
    assert.match(said, /000008_broken\.up\.sql:2:\d+: column "nota" does not exist\n.*\n.*\^/);
    assert.match(said, /exit code 4/);
    assert.deepEqual(await describePods(e2e), pods, "deploy touched data-svc although the migration had failed");

    await applyAll(e2e, broken);
    assert.equal(await schemaVersion(e2e), SCHEMA_VERSION);
    assert.deepEqual(await columnsOf(e2e), columns, "the database is not what it was");
    e2e.evidence(`the database is at ${SCHEMA_VERSION}, and assessments has its ${columns.length} columns`);

    await e2e.type(`kubectl apply -f ${path.dirname(e2e.files[0]?.path ?? "")}`);
    await settle(e2e);
    e2e.evidence(`rolled back:\n${(await describePods(e2e)).join("\n")}`);
    await assertAllAnswered(traffic, 500);
  },
};

const columnsOf = (e2e: E2e) =>
  query(
    e2e,
    "select attname, atttypid::regtype from pg_attribute where attrelid = 'assessments'::regclass and attnum > 0",
  );

/** What `kubectl apply` of the whole folder comes to: the new pods wait beside the old ones, and say for what. */
async function applyAll(e2e: E2e, files: Manifests): Promise<void> {
  const old = new Set((await servicePods(e2e)).map(({ metadata }) => metadata.name));
  await e2e.kubectl.run(["delete", jobOf(files), "--cascade=foreground"]);
  await e2e.type(`kubectl apply -f ${path.dirname(files[0]?.path ?? "")}`);
  await e2e.wait({
    what: `${jobOf(files)} to fail`,
    seconds: 120,
    async poll() {
      const conditions = ((await e2e.kubectl.get(jobOf(files)))?.status?.conditions ?? []) as { type: string }[];
      return { state: conditions.some(({ type }) => type === "Failed") ? "ready" : "waiting", detail: "not yet" };
    },
  });
  const { code, stdout, stderr } = await e2e.kubectl.try(["rollout", "status", "deployment/data-svc", "--timeout=20s"]);
  e2e.evidence(`$ kubectl rollout status deployment/data-svc --timeout=20s\n${stdout}${stderr}`);
  assert.notEqual(code, 0, "the release rolled out although its migration failed");
  const pods = await servicePods(e2e);
  e2e.evidence((await describePods(e2e)).join("\n"));
  const fresh = pods.filter(({ metadata }) => !old.has(metadata.name));
  assert.equal(pods.length - fresh.length, old.size, "an old pod is gone");
  assert.equal(fresh.length, 1, "there should be one new pod, which waits");
  const { stdout: log } = await e2e.type(`kubectl logs ${fresh[0]?.metadata.name} --tail=3`);
  assert.match(log, /The schema is at version 7; this release needs 8/);
}
