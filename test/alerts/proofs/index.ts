import type { Proof } from "../proof";
import { AVAILABILITY } from "./availability";
import { INTEGRITY } from "./integrity";
import { PROTECTION } from "./protection";
import { REPLICATION } from "./replication";
import { REQUESTS } from "./requests";
import { SESSIONS } from "./sessions";
import { STORAGE } from "./storage";

/** Three scenarios of each alert, by its key. */
export const PROOFS: Readonly<Record<string, Proof>> = {
  ...AVAILABILITY,
  ...SESSIONS,
  ...STORAGE,
  ...INTEGRITY,
  ...PROTECTION,
  ...REQUESTS,
  ...REPLICATION,
};
