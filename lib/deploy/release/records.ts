import type { Kubectl } from "../kubectl";
import {
  DEPLOYED_AT,
  decode,
  encode,
  RECORD_LABEL,
  RESULT,
  type ReleaseDraft,
  type ReleaseRecord,
  type Result,
  recordName,
} from "./record";

/** Number of records that are kept. */
const KEPT = 10;
/** Tries to find a free number, while others deploy, too. */
const TRIES = 10;

/** Reads the records of a namespace, newest first. */
export async function readRecords(kubectl: Kubectl): Promise<readonly ReleaseRecord[]> {
  const objects = await kubectl.list("configmaps", RECORD_LABEL);
  const records = objects.flatMap((object) => decode(object) ?? []);
  return records.sort((one, other) => other.number - one.number);
}

/** Begins a record and returns its number. Deploying the newest release again goes on with its record. */
export async function beginRecord(draft: ReleaseDraft, kubectl: Kubectl): Promise<number> {
  const [newest] = await readRecords(kubectl);
  if (newest && newest.digest === draft.digest) {
    await annotate(newest.number, [`${RESULT}=deploying`], kubectl);
    return newest.number;
  }
  let number = (newest?.number ?? 0) + 1;
  for (let tries = 1; ; tries++, number++) {
    const input = JSON.stringify(encode(draft, number, new Date()));
    const { code, stderr } = await kubectl.try(["create", "--filename=-"], { input });
    if (code === 0) return number;
    if (tries === TRIES || !/AlreadyExists|already exists/.test(stderr)) throw new RecordError(number, stderr);
  }
}

/** A record that could not be written. */
export class RecordError extends Error {
  override readonly name = "RecordError";

  constructor(number: number, why: string) {
    super(
      `configmap/${recordName(number)}, the record of this release, could not be written: ${why.trim()} ` +
        "Without it nobody could roll back to this release. See that you may create ConfigMaps here, and deploy again.",
    );
  }
}

/** Writes a deployment's result into its record, and removes the oldest records after a success. */
export async function endRecord(number: number, result: Result, kubectl: Kubectl): Promise<void> {
  const at = result === "deployed" ? [`${DEPLOYED_AT}=${new Date().toISOString()}`] : [];
  await annotate(number, [`${RESULT}=${result}`, ...at], kubectl);
  if (result === "deployed") await prune(kubectl);
}

const annotate = (number: number, values: readonly string[], kubectl: Kubectl) =>
  kubectl.run(["annotate", "configmap", recordName(number), ...values, "--overwrite"]);

async function prune(kubectl: Kubectl): Promise<void> {
  const old = superfluous(await readRecords(kubectl)).map(({ number }) => `configmap/${recordName(number)}`);
  if (old.length > 0) await kubectl.run(["delete", ...old, "--ignore-not-found"]);
}

/** Chooses the records to remove: all but the newest ten, and the two newest that succeeded. */
export function superfluous(records: readonly ReleaseRecord[]): readonly ReleaseRecord[] {
  const succeeded = records.filter(({ deployedAt }) => deployedAt !== undefined).slice(0, 2);
  return records.slice(KEPT).filter((record) => !succeeded.includes(record));
}
