import { WaitError } from "../deploy/waiting";
import { type DatedContents, readContents, serverAnswers } from "./contents";
import { type FinishOptions, fingerprintOf, finish, giveUp } from "./finish";
import { KEPT, LIVE_CLAIM } from "./names";
import { changePlan, createPlan, type Plan, readPlan } from "./plan";
import { replicasOf } from "./restore";
import { keptVolumes, reclaimPolicyOf, volumeOf } from "./volumes";

export interface BackOptions extends Omit<FinishOptions, "confirm"> {
  readonly stage: string;
  readonly ask: (text: string) => Promise<boolean>;
}

/**
 * Gives the database the volume back that the latest restore replaced, and keeps the present one. Where a restore stopped
 * half-way, undoes that.
 * @returns false if the person did not want it
 */
export async function goBack(options: BackOptions): Promise<boolean> {
  const { kubectl, ask } = options;
  const begun = await readPlan(kubectl);
  if (begun?.kind === "restore") return await undo(begun, options);
  const confirm = (live: DatedContents | undefined) => ask(question(live));
  const plan = begun ?? (await makePlan(options, confirm));
  return plan !== undefined && (await finish(plan, { ...options, confirm }));
}

/** Turns a restore around that was confirmed and not finished. */
async function undo(plan: Plan, options: BackOptions): Promise<boolean> {
  const { kubectl, say } = options;
  say(`the restore of backup ${plan.backup} was not finished and is undone`);
  if ((await volumeOf(LIVE_CLAIM, kubectl)) === plan.from) {
    await giveUp(plan, options);
    return true;
  }
  const { from, to, expected: _, ...rest } = plan;
  // Until the copy was verified nobody could write to it, so nothing can be lost. Later, the person is asked.
  const fenced = !plan.verified;
  const reversed: Plan = { ...rest, kind: "back", from: to, to: from, confirmed: "", fenced, verified: false };
  const confirm = (live: DatedContents | undefined) => options.ask(question(live));
  return await finish(await changePlan(reversed, kubectl), { ...options, confirm });
}

async function makePlan(options: BackOptions, confirm: FinishOptions["confirm"]): Promise<Plan | undefined> {
  const { kubectl, stage } = options;
  const [kept] = await keptVolumes(kubectl);
  if (!kept) {
    throw new WaitError(
      "The way back",
      `leads nowhere: no restore has replaced a volume of namespace ${kubectl.namespace}.`,
    );
  }
  const from = (await volumeOf(LIVE_CLAIM, kubectl)) ?? "";
  const { name, annotations } = kept.metadata;
  options.say(`volume ${name} was kept at ${annotations?.[KEPT.at]}. ${annotations?.[KEPT.why]}`);
  const live = (await serverAnswers(kubectl)) ? await readContents(kubectl) : undefined;
  if (!(await confirm(live))) return undefined;
  const plan: Plan = {
    ...{ kind: "back", stage, backup: "none", databaseTime: annotations?.[KEPT.at] ?? "", from, to: name },
    reclaimPolicy: from === "" ? "Retain" : await reclaimPolicyOf(from, kubectl),
    replicas: await replicasOf(options),
    ...{ confirmed: fingerprintOf(live), fenced: false, verified: false },
  };
  await createPlan(plan, kubectl);
  return plan;
}

function question(live: DatedContents | undefined): string {
  if (!live) return "  The live database does not answer, so nobody can say what it holds. Its volume is kept.";
  const rows = live.tables.map(({ name, rows }) => `  ${name}: ${rows} rows, newest ${live.newest[name] ?? "unknown"}`);
  return `Everything written since then would be lost with the present volume, which is kept in turn. It holds:\n${rows.join("\n")}`;
}
