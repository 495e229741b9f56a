import { strict as assert } from "node:assert";
import type { E2e } from "../case";

interface Peer {
  readonly podSelector?: object;
}

export interface Rule {
  readonly from?: readonly Peer[];
  readonly ports?: readonly { readonly port: number }[];
}

export interface PolicySpec {
  readonly ingress: readonly Rule[];
  readonly egress: readonly Rule[];
}

/** Changes the connections of a policy, and changes them back. */
export async function changePolicy(
  e2e: E2e,
  name: string,
  change: (spec: PolicySpec) => Partial<PolicySpec>,
): Promise<() => Promise<void>> {
  const policy = (await e2e.kubectl.get(`networkpolicy/${name}`)) ?? assert.fail(`there is no policy ${name}`);
  const { ingress, egress } = policy.spec as unknown as PolicySpec;
  const set = async (spec: Partial<PolicySpec>) => {
    await e2e.kubectl.run(["patch", "networkpolicy", name, "--type=merge", `--patch=${JSON.stringify({ spec })}`]);
  };
  await set(change({ ingress, egress }));
  return () => set({ ingress, egress });
}
