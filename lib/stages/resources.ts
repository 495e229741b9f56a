import type { Amounts, Resources } from "./stage";

/** Requests equal to limits: what runs beside it on the node neither slows it down nor gets it evicted. */
export const guaranteed = (amounts: Amounts): Resources => ({ requests: amounts, limits: amounts });
