/**
 * Arguments of pg_dump for the schema alone. Subscriptions would carry their password, and publications are the move's own.
 */
export const SCHEMA_DUMP = ["--schema-only", "--no-publications", "--no-subscriptions"] as const;

/**
 * Leaves out what only psql understands, and which of its versions 16 before 16.10 does not: the guards against a hostile
 * server's dump.
 */
export const importable = (dump: string): string => dump.replace(/^\\(?:un)?restrict \w+$/gm, "");
