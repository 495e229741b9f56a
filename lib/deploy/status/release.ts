import { ageOf } from "../../common/amounts";
import type { Finding, State } from "../../status/document";
import { since } from "../../status/wording";
import type { Kubectl } from "../kubectl";
import { describeCommit } from "../release/deploy-recorded";
import type { ReleaseRecord, Result } from "../release/record";

const STATE_OF = { deployed: "ok", deploying: "warning", failed: "failed" } as const satisfies Record<Result, State>;

/** Judges the newest record of the namespace. */
export function releaseOf(records: readonly ReleaseRecord[], { namespace }: Kubectl, now: Date): Finding {
  const [newest] = records;
  if (!newest) {
    const text = `Namespace ${namespace} has no record of a release: kubectl apply writes none, npm run deploy does.`;
    return { state: "warning", text };
  }
  const { number, result, version, commit, by } = newest;
  const at = result === "deployed" ? (newest.deployedAt ?? newest.at) : newest.at;
  return {
    state: STATE_OF[result],
    text: sentence(newest, now),
    values: { number, result, at, version, ...(commit !== undefined && { commit }), ...(by !== undefined && { by }) },
  };
}

function sentence(record: ReleaseRecord, now: Date): string {
  const { number, result, version, rollbackOf, at, deployedAt } = record;
  const back = rollbackOf === undefined ? "" : `, a rollback to ${rollbackOf}`;
  const release = `Release ${number} (version ${version}${describeCommit(record)}${back})`;
  if (result === "deployed") return `${release} is deployed ${since(new Date(deployedAt ?? at), now)}.`;
  const before = deployedAt === undefined ? "" : " An earlier deployment of it succeeded.";
  if (result === "failed") return `${release} failed; it began ${ageOf(Date.parse(at), now)} ago.${before}`;
  return `${release} is being deployed ${since(new Date(at), now)}. If nobody does that now, it was killed.${before}`;
}
