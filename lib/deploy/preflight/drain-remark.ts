import type { Kubectl, KubeObject } from "../kubectl";
import { type Finding, NOTHING } from "./finding";

/**
 * Tells of an open bug of CloudNativePG 1.30, if it applies now: a drain of the primary's node waits for ever unless the
 * primary is the instance with the lowest number (cloudnative-pg #11202).
 */
export async function drainRemark({ metadata }: KubeObject, kubectl: Kubectl): Promise<Finding> {
  const live = await kubectl.get(`cluster.postgresql.cnpg.io/${metadata.name}`);
  const { currentPrimary, instanceNames = [] } = (live?.status ?? {}) as {
    currentPrimary?: string;
    instanceNames?: readonly string[];
  };
  const [lowest] = instanceNames.toSorted((one, other) => numberOf(one) - numberOf(other));
  if (currentPrimary === undefined || lowest === undefined || currentPrimary === lowest) return NOTHING;
  return {
    ...NOTHING,
    remarks: [
      `${currentPrimary} is the primary, not ${lowest}, so a drain of its node would wait for ever (cloudnative-pg #11202, open in 1.30). ` +
        `Before one: kubectl cnpg promote ${metadata.name} ${lowest}`,
    ],
  };
}

const numberOf = (instance: string) => Number(/\d+$/.exec(instance)?.[0] ?? 0);
