import type { KubeObject } from "../../lib/deploy/kubectl";
import { look } from "../../lib/deploy/look";
import type { E2e } from "./case";

const CLUSTER = "cluster.postgresql.cnpg.io/postgres";

/** Waits until all instances are ready and the operator is at no work. Returns the seconds waited. */
export const untilHealthy = (e2e: E2e) =>
  e2e.wait({ what: CLUSTER, seconds: 600, poll: () => look(CLUSTER, e2e.kubectl) });

/** The instances' pods. */
export const instances = ({ kubectl }: E2e): Promise<readonly KubeObject[]> =>
  kubectl.list("pods", "cnpg.io/cluster=postgres,cnpg.io/podRole=instance");

/** Name of the primary, as the operator has chosen it. */
export async function primaryName({ kubectl }: E2e): Promise<string> {
  const { status } = (await kubectl.get(CLUSTER)) ?? {};
  return String(status?.currentPrimary);
}

/** Name of an instance that is not the primary. */
export async function replicaName(e2e: E2e): Promise<string> {
  const primary = await primaryName(e2e);
  const replica = (await instances(e2e)).find(({ metadata }) => metadata.name !== primary);
  return String(replica?.metadata.name);
}

/** Waits until the primary is one that is wanted. */
export async function untilPrimary(e2e: E2e, wanted: (name: string) => boolean): Promise<void> {
  await e2e.wait(
    {
      what: "another primary",
      seconds: 300,
      async poll() {
        const name = await primaryName(e2e);
        return { state: wanted(name) ? "ready" : "waiting", detail: `${name} is the primary still` };
      },
    },
    200,
  );
}
