import { strict as assert } from "node:assert";
import { startCaller } from "../callers";
import type { Case, E2e } from "../case";
import { runCommand, succeed } from "../commands";
import { query } from "../database";
import { keptVolumes, letVolumesGo, liveVolume } from "../kept-volumes";
import { startLoad, untilServed } from "../load";

/** Lines after which the command is killed: while it restores, once nobody can write, and between the two volumes. */
const KILLS = [
  /waiting for pod\/restore-\S+: step (?:bootstrap|load|compare)|restored beside/,
  /nobody can write/,
  /0 instead of 1 pods/,
];

export const restore: Case = {
  name: "restore",
  long: true,
  title:
    "A backup is restored under writes, killed three times on the way: each acknowledged row is in the database or was told as lost, the old volume is kept and leads back",
  async run(e2e) {
    letVolumesGo(e2e);
    const caller = await startCaller(e2e);
    const load = await startLoad(e2e, caller, { kind: "write", perSecond: 10, mostOpen: 4 });
    await untilServed(load, 20);
    const id = await backUp(e2e);
    await untilServed(load, 50);
    const old = await liveVolume(e2e);

    const began = performance.now();
    const outputs: string[] = [];
    for (const line of KILLS) {
      const { code, output } = await runCommand(e2e, "restore", ["dev", "--backup", id, "--confirm", "dev"], line);
      assert.equal(code, null, `the command ended before ${line}`);
      outputs.push(output);
    }
    const output = await succeed(e2e, "restore", ["dev", "--backup", id, "--confirm", "dev"]);
    e2e.evidence(`with three kills, it took ${((performance.now() - began) / 1000).toFixed(1)} s`);
    assert.match(output, new RegExp(`the live database is exactly backup ${id}`));
    assert.notEqual(await liveVolume(e2e), old);
    assert.deepEqual(await keptVolumes(e2e), [`${old} Retain`]);
    await untilServed(load, 20);
    const { acknowledgedIds } = await load.stop();
    const missing = await missingOf(e2e, acknowledgedIds);
    e2e.evidence(`${acknowledgedIds.length} acknowledged rows, ${missing.length} of them not in the restored database`);
    assert.ok(missing.length > 0, "nothing was written between the backup and the restore, so nothing was shown");

    // Each lost row was there when nobody could write any more, and is in the volume that is kept.
    const told = toldBy([...outputs, output]);
    assert.ok(told >= missing.length, `${missing.length} acknowledged rows are lost, and ${told} were told`);
    await succeed(e2e, "restore", ["dev", "--back", "--confirm", "dev"]);
    assert.equal(await liveVolume(e2e), old);
    assert.deepEqual(await missingOf(e2e, missing), [], "an acknowledged row is nowhere");

    const again = await succeed(e2e, "restore", ["dev", "--backup", id, "--confirm", "dev"]);
    assert.match(again, new RegExp(`at least ${told} rows`));
    await caller.remove();
  },
};

/** Makes a backup and returns its id. */
async function backUp(e2e: E2e): Promise<string> {
  const output = await succeed(e2e, "backup", ["dev", "--now"]);
  const id = /\d{6}-\d{8}T\d{6}Z/.exec(output)?.[0];
  assert.ok(id, "the command names no backup");
  const listed = await succeed(e2e, "backup", ["dev"]);
  assert.match(listed, new RegExp(`${id} +\\d+ (?:s|min) `));
  return id;
}

/** The loss of assessments that a command told last. */
function toldBy(outputs: readonly string[]): number {
  const told = outputs.flatMap((output) => [...output.matchAll(/^ *public\.assessments .* at least (\d+) rows$/gm)]);
  return Number(told.at(-1)?.[1] ?? 0);
}

/** Those of the acknowledged rows that the live database lacks. */
async function missingOf(e2e: E2e, ids: readonly string[]): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  const values = ids.map((one) => `('${one}'::uuid)`).join(", ");
  const rows = await query(
    e2e,
    `select id from (values ${values}) as known (id) where id not in (select id from assessments)`,
  );
  return rows.map(([one = ""]) => one);
}
