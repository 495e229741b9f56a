import { type TProperties, Type } from "@sinclair/typebox";

/**
 * The document that `npm run diff -- STAGE --json` prints. No command loads this: docs/diff.schema.json is generated from it, and
 * tests hold both against real output.
 */

const strict = <Properties extends TProperties>(properties: Properties, description?: string) =>
  Type.Object(properties, { additionalProperties: false, ...(description !== undefined && { description }) });
const oneOf = (...texts: string[]) => Type.Union(texts.map((text) => Type.Literal(text)));
const text = (description?: string) => Type.String(description === undefined ? {} : { description });
const texts = (description: string) => Type.Array(Type.String(), { description });
const seconds = (description: string) => Type.Number({ minimum: 0, description });
const reference = text("kubectl's name of an object, e.g. statefulset/postgres.");

const field = strict({
  path: text("e.g. spec.template.spec.containers[postgres].image."),
  name: text("For a person, e.g. image of container postgres."),
  before: Type.Optional(text("Of a text of several lines those that would go. Never of a Secret.")),
  after: Type.Optional(text("Of a text of several lines those that would come. Never of a Secret.")),
});

const runbook = strict({ section: text("Heading in docs/operations.md."), advice: Type.String() });

const object = strict({
  object: reference,
  state: oneOf("created", "changed", "unchanged", "refused", "unserved"),
  fields: Type.Array(field, { description: "Of a new object that is named by its content: against its predecessor." }),
  replaces: Type.Optional(text("The predecessor.")),
  refusal: Type.Optional(strict({ message: text("The API server's."), runbook: Type.Optional(runbook) })),
  note: Type.Optional(Type.String()),
});

const restart = strict({
  object: reference,
  kind: oneOf("restart", "rolling"),
  pods: Type.Integer({ minimum: 1 }),
  downtimeSeconds: seconds("About how long nobody answers."),
  seconds: seconds("About how long all of it takes."),
  basis: text("What the figures rest on."),
  because: texts("Names of the fields that are the reason."),
});

const pending = strict({
  version: Type.Integer({ minimum: 0 }),
  file: Type.String(),
  locks: texts("Locks on tables that are there already, each with what it blocks."),
  rewrites: texts("Tables of which all is rewritten."),
  warnings: texts("Effects that others would feel, each with the safe way."),
});

const outlook = Type.Union([
  strict({
    state: Type.Literal("planned"),
    version: Type.Integer({ minimum: -1, description: "The schema's." }),
    pending: Type.Array(pending),
    warnings: texts("What is worth a look."),
    lines: texts("The plan for a person."),
  }),
  strict({ state: Type.Literal("empty") }, "There is no database yet."),
  strict({ state: Type.Literal("refused"), reason: Type.String() }, "The Job would fail before it writes anything."),
  strict({ state: Type.Literal("unknown"), reason: Type.String() }),
]);

const job = strict({
  object: reference,
  state: oneOf("new", "again", "running", "done", "refused"),
  outlook: Type.Optional(outlook),
});

const leftover = strict({
  object: reference,
  expected: Type.Boolean({ description: "Whether every release leaves such objects." }),
  note: Type.String(),
});

const diff = strict({
  stage: Type.String(),
  context: Type.String(),
  namespace: Type.String(),
  newNamespace: Type.Boolean({ description: "Then the API server could not check the objects." }),
  result: oneOf("unchanged", "changes", "refused"),
  problems: texts("Reasons to stop before anything is applied."),
  unchecked: texts("What could not be checked, with the reason."),
  remarks: texts("What does not stand against deploying, such as an open bug of an operator that applies now."),
  objects: Type.Array(object),
  restarts: Type.Array(restart),
  jobs: Type.Array(job),
  leftovers: Type.Array(leftover),
});

const error = strict({ result: Type.Literal("error"), message: Type.String() }, "The question could not be answered.");

export const DOCUMENT = Type.Union([diff, error], {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "The document of `npm run diff -- STAGE --json`",
});
