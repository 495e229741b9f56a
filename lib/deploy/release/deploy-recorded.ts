import { type DeployOptions, deploy } from "../deploy";
import type { ReleaseDraft } from "./record";
import { beginRecord, endRecord } from "./records";

/**
 * Deploys, and keeps a record of it in the namespace: begun before the first change beside the namespace, ended with
 * the result. A record that a killed deployment leaves says `deploying`.
 * @throws what `deploy` throws, RecordError
 */
export async function deployRecorded(options: DeployOptions, draft: ReleaseDraft): Promise<number> {
  const { kubectl, say } = options;
  let number = 0;
  const begun = async () => {
    number = await beginRecord(draft, kubectl);
    say(`release ${number}: version ${draft.version}${describeCommit(draft)}`);
  };
  try {
    await deploy({ ...options, begun });
  } catch (error) {
    // The reason of the failure matters more than its record.
    if (number > 0)
      await endRecord(number, "failed", kubectl).catch((why: Error) => say(`Its record was not ended: ${why.message}`));
    throw error;
  }
  await endRecord(number, "deployed", kubectl);
  return number;
}

/** E.g. `", commit 0123456 with changes"`. */
export function describeCommit({ commit, dirty }: Pick<ReleaseDraft, "commit" | "dirty">): string {
  return commit === undefined ? "" : `, commit ${commit.slice(0, 9)}${dirty ? " with changes" : ""}`;
}
