import { DatabaseError } from "pg";
import { NEWEST_MIGRATION, SCHEMA_VERSION } from "../contract";
import type { Database, Patience, Statement } from "./database";
import type { Metrics, SchemaState } from "./metrics";

/** The major version of PostgreSQL that this release is tested with. */
export const POSTGRES_MAJOR = 16;

const READ_STATE: Statement = {
  name: "schema_state",
  // Converted to a number that pg reads as one, wide enough for timestamps as versions.
  text: `
    select version::float8 as version, dirty, current_setting('default_transaction_read_only')::bool as "readOnly"
    from public.schema_migrations`,
};

export const READ_SERVER_VERSION: Statement = {
  name: "server_version",
  text: "select current_setting('server_version') as text, current_setting('server_version_num')::int as number",
};

export const FIND_MISSING_TABLES: Statement = {
  name: "missing_tables",
  text: "select name from unnest($1::text[]) as name where to_regclass('public.' || name) is null order by name",
};

const NOTHING: SchemaState = { version: undefined, dirty: false, readOnly: false };

const UNDEFINED_TABLE = "42P01";
const UNDEFINED_COLUMN = "42703";

/** Whether a statement failed for want of a table or column of this release. */
export function lacksSchema(error: unknown): boolean {
  return error instanceof DatabaseError && [UNDEFINED_TABLE, UNDEFINED_COLUMN].includes(error.code ?? "");
}

/** The database's schema version, and the last one seen. */
export class Schema {
  #version: number | undefined;

  constructor(
    private readonly database: Database,
    private readonly metrics: Metrics,
  ) {}

  /** The last version seen; undefined if none was. */
  get version(): number | undefined {
    return this.#version;
  }

  /** Reads the version; a database without `schema_migrations` has none. @throws DatabaseFailure */
  async read(patience: Patience): Promise<SchemaState> {
    const state = await this.#read(patience);
    this.#version = state.version;
    this.metrics.schema(state);
    return state;
  }

  async #read(patience: Patience): Promise<SchemaState> {
    try {
      const [row] = await this.database.query<SchemaState>(READ_STATE, [], patience);
      return row ?? NOTHING;
    } catch (error) {
      if (error instanceof DatabaseError && error.code === UNDEFINED_TABLE) return NOTHING;
      throw error;
    }
  }
}

export type SchemaVerdict = { readonly status: "ok" | "warning" | "failed"; readonly message: string };

/**
 * Whether this release works with the schema. A newer schema is fine: a rolled back release must start, and migrations
 * stay compatible with the release before. So is one in which a newer migration stopped halfway.
 */
export function judgeSchema({ version, dirty }: Pick<SchemaState, "version" | "dirty">): SchemaVerdict {
  const needs = `this release needs ${SCHEMA_VERSION}`;
  if (version === undefined) return { status: "failed", message: `The database has no schema yet; ${needs}.` };
  if (version < SCHEMA_VERSION) return { status: "failed", message: `The schema is at version ${version}; ${needs}.` };
  if (dirty && version === SCHEMA_VERSION) {
    const message = `Migration ${version} stopped half-way (schema_migrations.dirty). See \`migrate status\` for how to go on.`;
    return { status: "failed", message };
  }
  // This release does without its own contract migrations, so they may be missing.
  if (!dirty && version <= NEWEST_MIGRATION) {
    return { status: "ok", message: `The schema is at version ${version}.` };
  }
  const state = dirty ? `stopped half-way to version ${version}` : `at version ${version}`;
  return { status: "warning", message: `The schema is ${state}, ahead of this release; ${needs}.` };
}
