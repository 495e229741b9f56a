import { type TObject, type TProperties, Type } from "@sinclair/typebox";
import { EXIT } from "../contract";
import { LOCK_MODES } from "./analysis/locks";

/**
 * Every line that `migrate … --json` prints. No command loads this: docs/migrate.schema.json is generated from it, and
 * tests hold both against real output.
 */

/** An object with these properties and no others. */
export const strict = <Properties extends TProperties>(properties: Properties, description?: string) =>
  Type.Object(properties, { additionalProperties: false, ...(description !== undefined && { description }) });
const oneOf = (...texts: string[]) => Type.Union(texts.map((text) => Type.Literal(text)));
export const texts = (description: string) => Type.Array(Type.String(), { description });

const version = Type.Integer({ minimum: 0, description: "A migration's number." });
const at = {
  version: Type.Integer({
    minimum: -1,
    description: "The database's; 0 for none, or -1 where a migration has the number 0.",
  }),
};
const database = Type.String({ description: "The database's name." });
const name = Type.String({ description: "What follows the number in the files' names." });
const milliseconds = Type.Number({ minimum: 0 });
const versions = Type.Array(version);
const steps = Type.Array(strict({ version, name, milliseconds }));
const problems = texts("What stands against it, a sentence or more each; empty when all is well.");
const warnings = texts("What is worth a look.");

const event = Type.Object(
  {
    level: oneOf("info", "warn"),
    message: Type.String({ description: "For a person." }),
    event: Type.Optional(Type.String({ pattern: "^[a-z-]+$", description: "What happened, e.g. applied." })),
    result: Type.Optional(Type.Never()),
  },
  { description: "While a command works. What else it holds depends on the event." },
);

const position = strict({
  file: Type.String(),
  line: Type.Integer({ minimum: 1 }),
  column: Type.Integer({ minimum: 1, description: "In characters." }),
});

const error = strict(
  {
    level: Type.Literal("error"),
    exitCode: Type.Integer({ minimum: EXIT.failure, maximum: EXIT.signalled }),
    message: Type.String({ description: "All of it, for a person." }),
    problems: Type.Optional(texts("Of a refusal: each reason.")),
    version: Type.Optional(Type.Integer({ description: "Of the migration whose SQL failed." })),
    position: Type.Optional(position),
    sqlstate: Type.Optional(Type.String({ pattern: "^[0-9A-Z]{5}$" })),
    detail: Type.Optional(Type.String()),
    hint: Type.Optional(Type.String()),
    context: Type.Optional(Type.String()),
  },
  "The last line of a command that failed.",
);

const migration = strict(
  {
    migration: Type.Literal(true),
    version,
    name,
    state: oneOf("applied", "baseline", "pending", "late", "half-applied", "half-reverted"),
    statements: Type.Optional(
      strict(
        { finished: Type.Integer({ minimum: 0 }), of: Type.Optional(Type.Integer({ minimum: 1 })) },
        "Of one that stopped between its statements: how many are finished, of how many in its file.",
      ),
    ),
    file: Type.Optional(oneOf("ok", "changed", "missing", "renumbered", "squashed", "broken")),
    appliedAt: Type.Optional(Type.String({ format: "date-time" })),
    milliseconds: Type.Optional(milliseconds),
    appliedBy: Type.Optional(Type.String({ description: "The role that logged in." })),
  },
  "Of status: one for each migration, before the result.",
);

const finding = strict(
  {
    finding: Type.Literal(true),
    version: Type.Optional(Type.Integer({ description: "Of plan." })),
    file: Type.String(),
    rule: Type.String(),
    line: Type.Integer({ minimum: 1 }),
    column: Type.Integer({ minimum: 1 }),
    why: Type.String(),
    instead: Type.String({ description: "The safe way." }),
  },
  "Of plan and lint: one for each finding, before the result.",
);

const setAside = strict(
  {
    setAside: Type.Literal(true),
    file: Type.String(),
    rule: Type.String(),
    line: Type.Integer({ minimum: 1 }),
    column: Type.Integer({ minimum: 1 }),
    why: Type.String(),
    instead: Type.String({ description: "The safe way." }),
    reason: Type.String({ description: "As somebody wrote it." }),
    by: Type.Union(
      ["lint:ignore", "lint:ignore-file", "project"].map((each) => Type.Literal(each)),
      { description: "A comment, or migrate.json." },
    ),
  },
  "Of lint: one for each finding that was put aside, before the result.",
);

const plannedMigration = strict(
  {
    plannedMigration: Type.Literal(true),
    version,
    name,
    file: Type.String(),
    transactional: Type.Boolean(),
    contract: Type.Boolean({ description: "Whether the release before cannot live with it (-- contract)." }),
    sql: Type.Optional(texts("With --sql: the messages that up would send.")),
  },
  "Of plan: one for each migration, before its statements.",
);

const check = strict(
  {
    check: Type.Literal(true),
    version,
    file: Type.String(),
    line: Type.Integer({ minimum: 1 }),
    query: Type.String(),
    state: oneOf("holds", "broken", "impossible", "unknown"),
    why: Type.Optional(Type.String({ description: "The row that breaks it, or why it cannot be evaluated yet." })),
  },
  "Of plan: one for each `-- check:` of a file, evaluated on the rows as they are now.",
);

const data = strict(
  {
    data: Type.Literal(true),
    version,
    file: Type.String(),
    line: Type.Integer({ minimum: 1 }),
    column: Type.Integer({ minimum: 1 }),
    statement: Type.String({ description: "e.g. ALTER TABLE." }),
    state: oneOf("fine", "fails", "unknown", "writes"),
    relation: Type.String({ description: "Qualified." }),
    kind: Type.Optional(
      oneOf("nulls", "duplicates", "orphans", "check", "type", "exclusion", "expression", "partition"),
    ),
    rows: Type.Optional(Type.Number({ description: "Rows that it fails on; of `writes` the planner's estimate." })),
    keys: Type.Optional(texts("Up to five of them: numbers and UUIDs of the primary key, otherwise ctid.")),
    sqlstate: Type.Optional(Type.String({ pattern: "^[0-9A-Z]{5}$" })),
    text: Type.String({ description: "All of it, for a person." }),
  },
  "Of plan --data: one for each demand that a statement makes of rows.",
);

const effect = strict({
  relation: Type.String({ description: "Qualified." }),
  lock: oneOf(...LOCK_MODES),
  work: Type.Optional(
    Type.Array(
      strict({
        kind: oneOf("rewrite", "scan", "rows"),
        cause: Type.String(),
        detail: Type.String(),
        columns: Type.Optional(texts("Columns to be proven not null, or the key of the partition.")),
      }),
    ),
  ),
  isNew: Type.Boolean({ description: "Made by the same run, so nobody waits for it." }),
  rows: Type.Optional(Type.Number({ description: "The planner's estimate." })),
  bytes: Type.Optional(Type.Number({ description: "With indexes and TOAST." })),
});

const statement = strict(
  {
    statement: Type.Literal(true),
    version,
    file: Type.String(),
    line: Type.Integer({ minimum: 1 }),
    column: Type.Integer({ minimum: 1 }),
    kind: Type.String({ description: "e.g. ALTER TABLE." }),
    creates: Type.Optional(Type.String()),
    effects: Type.Array(effect),
    breakages: Type.Array(
      strict({
        rule: oneOf("drop-table", "drop-column", "rename", "truncate"),
        relation: Type.String(),
        detail: Type.String(),
      }),
    ),
    fails: Type.Optional(Type.String({ description: "The server's message and SQLSTATE, if it will refuse it." })),
    unknown: Type.Optional(Type.String({ description: "Why more may happen than effects tells." })),
  },
  "Of plan: one for each statement, in order.",
);

const tracedStatement = strict(
  {
    tracedStatement: Type.Literal(true),
    version,
    file: Type.String(),
    line: Type.Integer({ minimum: 1 }),
    column: Type.Integer({ minimum: 1 }),
    kind: Type.String({ description: "e.g. ALTER TABLE." }),
    milliseconds,
    rows: Type.Optional(Type.Integer({ minimum: 0, description: "That it wrote or returned." })),
    effects: Type.Array(
      strict({
        relation: Type.String({ description: "Qualified." }),
        isNew: Type.Boolean({ description: "Made by the same file, so nobody waits for it." }),
        lock: Type.Optional(oneOf(...LOCK_MODES)),
        held: Type.Optional(oneOf(...LOCK_MODES)),
        blocks: oneOf("reads and writes", "writes", "schema changes", "nothing"),
        work: Type.Optional(oneOf("rewrite", "scan")),
      }),
    ),
    sampled: Type.Boolean({ description: "Whether another session saw the locks, which may miss brief ones." }),
    told: texts("The server's account of its work."),
    differences: texts("Differences from what plan says of it."),
    unknown: Type.Optional(Type.String({ description: "Why plan cannot know what it does." })),
    failed: Type.Optional(Type.String({ description: "The server's message." })),
    sqlstate: Type.Optional(Type.String({ pattern: "^[0-9A-Z]{5}$" })),
  },
  "Of test --trace: one for each statement that was run, in order.",
);

const drift = strict({
  checked: Type.Boolean(),
  reason: Type.Optional(Type.String({ description: "Why it was not checked." })),
  differences: texts("`+` is only in this database, `-` is missing in it, `~` differs: fresh → here."),
  ignored: Type.Array(
    strict({ pattern: Type.String(), reason: Type.Optional(Type.String()), differences: texts("Put aside by it.") }),
  ),
  useless: texts("Patterns that name nothing."),
});

const tried = strict({
  version,
  name,
  state: oneOf("ok", "different", "failed", "refused", "irreversible", "no-down"),
  milliseconds,
  problems,
  leaves: Type.Optional(texts("What the down file declares to leave, e.g. `type mood`.")),
});

const verification = strict({
  database,
  ...at,
  compared: Type.Integer(),
  pending: Type.Integer(),
  problems,
  warnings,
  drift: Type.Optional(drift),
});

const repaired = strict({
  action: oneOf("renumber", "reformat", "accept", "squash"),
  before: Type.Array(version, { description: "Versions of the rows that it changed." }),
  after: strict(
    { version, name, checksum: Type.String({ pattern: "^[0-9a-f]{64}$" }) },
    "The row that stands for them.",
  ),
});

/** The last line of a successful command. */
const RESULTS: Readonly<Record<string, TObject>> = {
  up: strict({ database, ...at, applied: steps, adopted: versions, ahead: Type.Boolean() }),
  down: strict({ database, ...at, reverted: steps }),
  status: strict({
    database,
    ...at,
    dirty: Type.Boolean(),
    ahead: Type.Boolean(),
    pending: Type.Integer(),
    problems,
    warnings,
  }),
  wait: strict({ version }),
  verify: verification,
  plan: strict({
    database,
    ...at,
    pending: versions,
    adopted: versions,
    ahead: Type.Boolean(),
    findings: Type.Integer(),
    fails: Type.Optional(Type.Integer({ description: "With --data: demands that rows do not satisfy." })),
    unknown: Type.Optional(Type.Integer({ description: "With --data: demands that could not be compared with rows." })),
    warnings,
  }),
  lint: strict({
    files: Type.Integer(),
    findings: Type.Integer(),
    setAside: Type.Integer({ description: "Put aside by comments or migrate.json." }),
    problems,
  }),
  create: strict({ version, id: Type.String(), files: strict({ up: Type.String(), down: Type.String() }) }),
  repair: strict({
    database,
    repairs: Type.Array(repaired),
    changed: Type.Boolean(),
    verification: Type.Optional(verification),
  }),
  test: strict({
    migrations: Type.Array(tried),
    stopped: Type.Optional(Type.String({ description: "Why no later file was tried." })),
    whole: Type.Optional(strict({ problems })),
    passed: Type.Boolean(),
  }),
  baseline: strict({ database, ...at, recorded: versions, reverted: versions, changed: Type.Boolean() }),
};

/** Schema of one line. `additional` holds results of a project's own commands, by name. */
export function lineSchema(additional: Readonly<Record<string, TObject>>) {
  const results = Object.entries({ ...RESULTS, ...additional }).map(([command, { properties, additionalProperties }]) =>
    Type.Object(
      { result: Type.Literal(command), ...properties },
      { description: `The result of ${command}.`, ...(additionalProperties === false && { additionalProperties }) },
    ),
  );
  return Type.Union(
    [event, error, migration, finding, setAside, plannedMigration, check, data, statement, tracedStatement, ...results],
    {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      title: "One line of `migrate … --json`",
    },
  );
}
