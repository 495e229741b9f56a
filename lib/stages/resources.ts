import type { Amounts, Resources } from "./stage";

/** Requests equal to limits, so that neighbours on the node neither slow the pod down nor get it evicted. */
export const guaranteed = (amounts: Amounts): Resources => ({ requests: amounts, limits: amounts });
