import { sql } from "./sql";

/** Ends the sessions of data-svc, so that new ones have the role's new settings. */
const RENEW = "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'data_svc'";

/** data-svc can read and not write. */
export const readOnly = sql(
  `alter role data_svc set default_transaction_read_only = on; ${RENEW}`,
  `alter role data_svc reset default_transaction_read_only; ${RENEW}`,
);
