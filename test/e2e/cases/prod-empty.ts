import { strict as assert } from "node:assert";
import { prod } from "../../../lib/stages/prod";
import type { Case, E2e } from "../case";
import { query } from "../database";
import { prepareStage, timeDeployment } from "../deploy-stage";
import { assertLeft, inventory } from "../inventory";
import { follow, runbook } from "../runbook";

/** Stays until the runbook's second step: the data, and the servers' keys. */
const KEPT = [
  "persistentvolumeclaim/data-postgres-0",
  "secret/data-svc-tls",
  "secret/postgres-tls",
  "volume of data-postgres-0",
];

export const prodEmpty: Case = {
  name: "prod-empty",
  title:
    "From nothing to ready and back to nothing, twice; what the runbook says is left in between is left, and the data is there again",
  long: true,
  async run(e2e) {
    await prepareStage(e2e, prod);
    const [remove = "", drop = ""] = await runbook(e2e, "Removing an installation");
    const nothing = await inventory(e2e);
    e2e.evidence(`before:\n${nothing.join("\n")}`);
    const bare = await deployAndRemove(e2e, remove, nothing);
    await assertDataReturns(e2e, remove, bare);
    await follow(e2e, drop);
    await assertLeft(e2e, bare);

    await timeDeployment(e2e);
    assert.deepEqual(await query(e2e, "select * from users"), [], "the second database is not a new one");
    await follow(e2e, remove);
    await follow(e2e, drop);
    await assertLeft(e2e, bare);
  },
};

const USER = "kept@diabrisk.local";

/** Returns what belongs to the namespace, which the runbook leaves. */
async function deployAndRemove(e2e: E2e, remove: string, nothing: readonly string[]): Promise<readonly string[]> {
  await timeDeployment(e2e);
  await query(e2e, `insert into users (email) values ('${USER}')`);
  await follow(e2e, remove);
  const bare = [...nothing, ...namespaceObjects(e2e)];
  await assertLeft(e2e, [...bare, ...KEPT]);
  return bare;
}

/** The namespace itself, with its limits: other DiabRisk services share it. And the drill's. */
const namespaceObjects = ({ files }: E2e) =>
  (files[0]?.objects ?? []).map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`);

/** Deploying on the volume that was kept finds the rows, and removing it again leaves the same. */
async function assertDataReturns(e2e: E2e, remove: string, bare: readonly string[]): Promise<void> {
  await timeDeployment(e2e);
  const rows = await query(e2e, "select email from users");
  e2e.evidence(`users after deploying again: ${rows.join(" ")}`);
  assert.deepEqual(rows, [[USER]], "the row that was written before is gone");
  await follow(e2e, remove);
  await assertLeft(e2e, [...bare, ...KEPT]);
}
