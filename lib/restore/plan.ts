import type { Comparable } from "../backup/differences";
import type { Kubectl, KubeObject } from "../deploy/kubectl";
import { PLAN_NAME, RESTORE_APP } from "./names";

/** A confirmed swap of volumes. It lies in the cluster until it is done, so that any later run can finish it. */
export interface Plan {
  /** `restore` brings a backup, `back` brings the volume that a restore replaced. */
  readonly kind: "restore" | "back";
  readonly stage: string;
  /** Id of the restored backup. For `back`, the id whose restore is undone. */
  readonly backup: string;
  /** Time of the backup by the database's clock. */
  readonly databaseTime: string;
  /** Volume of the live database before the swap. */
  readonly from: string;
  /** Volume of the live database after it. */
  readonly to: string;
  /** Fate of `from` when its claim was deleted, before the swap; `to` gets it in the end. */
  readonly reclaimPolicy: string;
  /** Pods of data-svc before the swap. */
  readonly replicas: number;
  /** Contents that `to` has to have in the end, as the backup's manifest says. Undefined for `back`. */
  readonly expected?: Comparable;
  /** Digest of the live contents whose loss was confirmed. */
  readonly confirmed: string;
  /** Whether the live contents were found to be those after nobody could write any more. */
  readonly fenced: boolean;
  /** Whether the new database was found to be exactly what the backup holds. */
  readonly verified: boolean;
}

const REFERENCE = `configmap/${PLAN_NAME}`;

/** The plan under way; undefined if there is none. */
export async function readPlan(kubectl: Kubectl): Promise<Plan | undefined> {
  const found = (await kubectl.get(REFERENCE)) as (KubeObject & { data?: Record<string, string> }) | undefined;
  return found && (JSON.parse(found.data?.plan ?? "") as Plan);
}

/** Records a plan. @throws KubectlError if there is one already, from another restore */
export async function createPlan(plan: Plan, kubectl: Kubectl): Promise<void> {
  const manifest = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: PLAN_NAME, labels: { app: RESTORE_APP } },
    data: { plan: JSON.stringify(plan) },
  };
  await kubectl.run(["create", "--filename=-"], { input: JSON.stringify(manifest) });
}

/** Replaces the recorded plan, and returns the new one. */
export async function changePlan(plan: Plan, kubectl: Kubectl): Promise<Plan> {
  await kubectl.run([
    "patch",
    REFERENCE,
    "--type=merge",
    `--patch=${JSON.stringify({ data: { plan: JSON.stringify(plan) } })}`,
  ]);
  return plan;
}

/** Ends the plan. */
export async function deletePlan(kubectl: Kubectl): Promise<void> {
  await kubectl.run(["delete", REFERENCE, "--ignore-not-found"]);
}
