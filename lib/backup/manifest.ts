import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { DamageError } from "./errors";

const Time = Type.String({ pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d(:?\\d\\d)?)$" });
const Sha256 = Type.String({ pattern: "^[0-9a-f]{64}$" });
/** A whole number as text, since it may be larger than JavaScript counts exactly. */
const WholeNumber = Type.String({ pattern: "^-?\\d+$" });
const Count = Type.Integer({ minimum: 0 });
const File = Type.Object({ bytes: Count, sha256: Sha256 });

const CONTENTS = {
  /** Start of the dump by the clock of the pod. */
  startedAt: Time,
  database: Type.String({ minLength: 1 }),
  serverVersion: Type.String({ minLength: 1 }),
  systemIdentifier: WholeNumber,
  /** Time of the snapshot by the clock of the database. */
  databaseTime: Time,
  schema: Type.Object({
    /** Null in a database that was never migrated. */
    version: Type.Union([Count, Type.Null()]),
    migrations: Type.Array(Type.Object({ name: Type.String(), checksum: Type.Union([Type.String(), Type.Null()]) })),
  }),
  tables: Type.Array(Type.Object({ name: Type.String(), rows: Count, hash: WholeNumber })),
  sequences: Type.Array(Type.Object({ name: Type.String(), value: WholeNumber, called: Type.Boolean() })),
  /** The file `dump.pgc`, before encryption. */
  dump: File,
};

const CONTENTS_FILE = Type.Object(CONTENTS);
const MANIFEST_FILE = Type.Object({
  format: Type.Literal(1),
  id: Type.String(),
  number: Type.Integer({ minimum: 1 }),
  stage: Type.String(),
  finishedAt: Time,
  ...CONTENTS,
  /** The file `dump.age`, as stored. */
  encrypted: File,
  /** Public keys that the dump is encrypted for. */
  recipients: Type.Array(Type.String()),
});

/** The file `contents.json` that a dump leaves: what is in it, counted in the dump's own snapshot. */
export type Contents = Static<typeof CONTENTS_FILE>;

/** The file `manifest.json` of a backup. */
export type Manifest = Static<typeof MANIFEST_FILE>;

/** @throws DamageError with all problems at once */
export const parseContents = (text: string, source: string): Contents => parse(CONTENTS_FILE, text, source);

/** @throws DamageError with all problems at once */
export const parseManifest = (text: string, source: string): Manifest => parse(MANIFEST_FILE, text, source);

function parse<Schema extends TSchema>(schema: Schema, text: string, source: string): Static<Schema> {
  const value = parseJson(text, source);
  const problems = [...Value.Errors(schema, value)].map(({ path, message }) => `${path || "/"}: ${message}`);
  if (problems.length > 0) throw new DamageError(`${source} is not as it should be. ${problems.join("; ")}.`);
  return value as Static<Schema>;
}

function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DamageError(`${source} is no JSON (${text.length} characters): ${(error as Error).message}.`);
  }
}
