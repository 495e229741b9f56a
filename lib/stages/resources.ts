import type { Amounts, Resources } from "./stage";

/** Requests equal to limits, so that neighbours on the node neither slow the pod down nor get it evicted. */
export const guaranteed = (amounts: Amounts): Resources => ({ requests: amounts, limits: amounts });

/**
 * The same limits, and next to no processor time as the request. For pods that people start, and that mostly wait: a full node
 * has room for them.
 */
export const waiting = ({ requests, limits }: Resources): Resources => ({
  requests: { ...requests, cpu: "25m" },
  limits,
});
