import { type TProperties, Type } from "@sinclair/typebox";
import { FACTS, type FactName, STATES } from "./document";

/**
 * The document that `npm run status -- STAGE --json` prints, and `/status.json` of the local page. No command loads this:
 * docs/status.schema.json is generated from it, and tests hold it against real output.
 */

const strict = <Properties extends TProperties>(properties: Properties, description?: string) =>
  Type.Object(properties, { additionalProperties: false, ...(description !== undefined && { description }) });
const text = (description: string) => Type.String({ description });
const time = (description: string) => Type.String({ format: "date-time", description });
const whole = (description: string) => Type.Integer({ description });
const count = (description: string) => Type.Integer({ minimum: 0, description });
const part = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });
const flag = (description: string) => Type.Boolean({ description });

const PODS = {
  wanted: count("Pods that the stage has."),
  ready: count("Pods that are ready."),
  restarts: count("Restarts of all their containers."),
  readySince: time("When the youngest of the ready pods got ready."),
};

const RUNS = {
  succeededAt: time("End of the last Job that succeeded."),
  failedAt: time("End of the last Job that failed, if it is kept."),
  maySeconds: count("Age that the last success may have."),
};

/** Values of each fact. Each may be absent, e.g. of a fact that is unknown. */
const VALUES: Readonly<Record<FactName, TProperties>> = {
  release: {
    number: count("Number of the newest record, as `npm run rollback -- STAGE --list` shows it."),
    result: text("deployed, deploying or failed."),
    at: time("When it was deployed, or else begun."),
    version: text("The package's version."),
    commit: text("The checkout's commit."),
    by: text("Who deployed it, as the cluster knows them."),
  },
  schema: {
    version: whole("The database's; 0 before the first migration."),
    dirty: flag("Whether a migration has stopped half-way."),
    required: count("The least that the release's data-svc serves with."),
    newest: count("The newest migration of the release."),
  },
  database: PODS,
  "data-svc": PODS,
  writes: {
    inRecovery: flag("Whether the server that is asked is a standby, or still recovers."),
    readOnly: flag("Whether new transactions are read-only, as on a volume that is nearly full."),
  },
  replication: {
    wanted: count("Replicas that the stage has."),
    streaming: count("Replicas that follow the primary."),
    lagSeconds: count("Lag of the one that is furthest behind."),
  },
  backup: {
    ...RUNS,
    baseBackupAt: time("End of the last base backup, where the stage has an archive."),
    baseBackupMaySeconds: count("Age that it may have."),
  },
  restore: {
    ...RUNS,
    archiveSucceededAt: time("The same of the archive's drill, where the stage has one."),
    archiveFailedAt: time("The same of the archive's drill."),
    archiveMaySeconds: count("The same of the archive's drill."),
  },
  retention: RUNS,
  volume: { used: part("Part of the fullest volume."), claim: text("Name of its claim.") },
  connections: {
    used: count("Connections of clients, without this command's own."),
    most: count("Connections that roles without superuser may have."),
  },
  transactions: {
    oldestSeconds: count("Age of the oldest open transaction, without backups."),
    role: text("Whose it is."),
    pid: count("Process of its session."),
  },
  certificate: { expiresAt: time("When the first certificate in postgres-tls or data-svc-tls expires.") },
  alerts: {
    rules: count("Alerts that Prometheus judges for this stage."),
    firing: count("Alerts that fire."),
  },
};

const fact = (name: FactName) =>
  strict({
    name: Type.Literal(name),
    state: Type.Union(STATES.map((state) => Type.Literal(state))),
    text: text("For a person. It may quote the cluster."),
    details: Type.Array(Type.String(), { description: "One line for each of several things, e.g. for each pod." }),
    values: Type.Partial(strict(VALUES[name]), { additionalProperties: false }),
  });

const status = strict({
  stage: text("Name of the stage, or local."),
  context: Type.Optional(text("kubectl's context. Absent for the local stack.")),
  namespace: Type.Optional(text("Absent for the local stack.")),
  at: time("When it was asked."),
  result: Type.Union(
    STATES.map((state) => Type.Literal(state)),
    { description: "The worst state of all facts: failed, then unknown, then warning." },
  ),
  facts: Type.Array(Type.Union(FACTS.map(fact)), {
    minItems: FACTS.length,
    maxItems: FACTS.length,
    description: "All facts, in a fixed order. One that could not be asked is unknown, and its text says why.",
  }),
});

const error = strict(
  { result: Type.Literal("error"), message: Type.String() },
  "Nothing could be asked, e.g. because the cluster does not answer.",
);

export const DOCUMENT = Type.Union([status, error], {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "The document of `npm run status -- STAGE --json`",
});
