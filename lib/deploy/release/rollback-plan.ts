import type { Migrations } from "../../common/contents";
import type { KubeObject } from "../kubectl";
import { reference } from "../manifests";
import { type ReleaseRecord, recordName } from "./record";
import { RollbackError } from "./rollback-error";
import type { SchemaState } from "./schema-state";

/** Objects that only releases newer than the target have. */
export interface Strays {
  /** They keep no data, so a rollback removes them. */
  readonly removed: readonly string[];
  /** They may keep data, so a person decides. */
  readonly kept: readonly string[];
}

/** Kinds whose objects a deployment makes again, as they were. */
const REMADE =
  /^(?:Deployment|Job|CronJob|Service|ConfigMap|NetworkPolicy|PodDisruptionBudget|ServiceAccount|Role|RoleBinding)$/;

/**
 * Chooses the release to go back to: `to`, or the newest that was deployed before what is there now. After a rollback,
 * "before" means before the release that it deployed.
 * @throws RollbackError
 */
export function chooseTarget(records: readonly ReleaseRecord[], to?: number): ReleaseRecord {
  const [newest] = records;
  if (!newest) throw new RollbackError([NO_RECORD]);
  const deployed = records.filter(({ deployedAt }) => deployedAt !== undefined);
  const known = deployed.map(({ number }) => number).join(", ") || "none";
  if (to !== undefined) {
    const wanted = records.find(({ number }) => number === to);
    if (!wanted)
      throw new RollbackError([`There is no record of release ${to}. Deployed releases with a record: ${known}.`]);
    if (wanted.deployedAt !== undefined) return wanted;
    throw new RollbackError([
      `Release ${to} was never deployed to its end, so nobody knows that it works. Deployed: ${known}.`,
    ]);
  }
  const origin = newest.rollbackOf ?? newest.number;
  const before = deployed.filter(
    ({ number, digest, rollbackOf }) => number < origin && digest !== newest.digest && rollbackOf === undefined,
  );
  if (before[0]) return before[0];
  throw new RollbackError([
    `${recordName(origin)} is the oldest release with a record. Deploy an older one from its commit: git switch --detach <commit>, then npm run deploy.`,
  ]);
}

const NO_RECORD =
  "This namespace has no record of a release. `npm run deploy` writes one, `kubectl apply` does not. Deploy the older release from its commit: git switch --detach <commit>, then npm run deploy.";

/**
 * Finds why a release cannot run on the schema. Only contract migrations stand against it.
 * @param known migrations of every release that is known here
 */
export function schemaProblems(
  target: ReleaseRecord,
  { applied, version }: SchemaState,
  known: readonly Migrations[],
): readonly string[] {
  const newer = [...new Set([...applied, version])].filter((each) => each > target.migrations.version);
  const contracts = newer.filter((each) => known.some((migrations) => migrations.contracts.includes(each)));
  const unknown = newer.filter((each) => known.every((migrations) => migrations.version < each));
  const from = `migration ${target.migrations.version}`;
  return [
    ...(contracts.length > 0
      ? [
          `Release ${target.number} knows the schema up to ${from}, and ${contracts.join(", ")}, applied since, says \`-- contract\`: the release cannot live with it. ` +
            "Mend the newer release and deploy that; or undo the migration first, which may lose data (docs/operations.md, Rolling back).",
        ]
      : []),
    ...(unknown.length > 0
      ? [
          `Release ${target.number} knows the schema up to ${from}, and nothing here knows ${unknown.join(", ")}, applied since. Roll back from the checkout that has it.`,
        ]
      : []),
  ];
}

/** Finds the objects of newer releases that the target lacks. Secrets are in no record, so none is among them. */
export function straysOf(target: ReleaseRecord, newer: readonly ReleaseRecord[]): Strays {
  const kept = new Set(objectsOf(target).map(reference));
  const strays = new Map(newer.flatMap(objectsOf).map((object) => [reference(object), object]));
  const names = [...strays].filter(([name]) => !kept.has(name));
  const isRemade = ([, { kind }]: readonly [string, KubeObject]) => REMADE.test(kind);
  return {
    removed: names.filter(isRemade).map(([name]) => name),
    kept: names.filter((each) => !isRemade(each)).map(([name]) => name),
  };
}

const objectsOf = ({ files }: ReleaseRecord) => files.flatMap(({ objects }) => objects);
