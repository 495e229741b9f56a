import { NEWEST_MIGRATION, SCHEMA_VERSION } from "../../contract";
import { POSTGRES_POD } from "../../postgres/identity";
import { drillNamespace } from "../../stages/drill-namespace";
import type { Stage } from "../../stages/stage";
import {
  connectionsOf,
  type KnownMigrations,
  readSchemaRow,
  readServer,
  replicationOf,
  type Server,
  schemaOf,
  transactionsOf,
  type WantedStandbys,
  writesOf,
} from "../../status/database";
import { type FactName, type Finding, gather, type Source, type Status } from "../../status/document";
import type { Kubectl } from "../kubectl";
import { podsOf, serverPod } from "../pods";
import { readRecords } from "../release/records";
import { alertsFinding } from "./alerts";
import { archiveFinding } from "./archive";
import { askIn } from "./ask";
import { certificatesFinding } from "./certificates";
import { Hurried } from "./hurried";
import { podsFinding } from "./pods";
import { releaseOf } from "./release";
import { archiveDrillsOf, backupsOf, drillsOf, joined, retentionOf, runsFinding, withArchive } from "./runs";
import { volumesFinding } from "./volumes";

export interface StatusOptions {
  readonly stage: Stage;
  /** In the stage's namespace. */
  readonly kubectl: Kubectl;
  readonly context: string;
  readonly now: () => Date;
  /** Seconds that one command may take. A fact takes at most two of them. @default 10 */
  readonly seconds?: number;
  /** Begins no command after it. @default never aborted */
  readonly signal?: AbortSignal;
}

/** Asks a stage's cluster for everything that a person asks first. Changes nothing, and no Secret's value is in the answer. */
export async function statusOf({
  stage,
  context,
  now,
  seconds = 10,
  signal,
  ...options
}: StatusOptions): Promise<Status> {
  const kubectl = new Hurried(options.kubectl, seconds, signal);
  const place = {
    stage: stage.name,
    context,
    ...(kubectl.namespace !== undefined && { namespace: kubectl.namespace }),
  };
  return await gather(place, sourcesOf(stage, kubectl, now), { now, seconds: 2 * seconds });
}

function sourcesOf(stage: Stage, kubectl: Kubectl, now: () => Date): Readonly<Record<FactName, Source>> {
  const drills = kubectl.in(drillNamespace(stage, kubectl.namespace));
  const records = once(() => readRecords(kubectl));
  const pod = once(() => writable(kubectl));
  const server = once(async () => await readServer(askIn(await pod(), kubectl)));
  const of = (judge: (server: Server) => Finding) => async () => judge(await server());
  const database = { reference: REFERENCES[stage.engine], pods: serversOf(stage) };
  return {
    release: async () => releaseOf(await records(), kubectl, now()),
    schema: async () => {
      const row = await readSchemaRow(askIn(await pod(), kubectl));
      return schemaOf(row, await knownMigrations(records));
    },
    database: () => podsFinding(database, kubectl, now()),
    "data-svc": () => podsFinding({ reference: "deployment/data-svc", pods: stage.service.replicas }, kubectl, now()),
    writes: of(writesOf),
    replication: of((found) => replicationOf(found, standbysOf(stage))),
    backup: async () => {
      const dumps = await runsFinding(backupsOf(stage), kubectl, now());
      const archive = archiveOf(stage);
      return archive ? joined(dumps, await archiveFinding(database.reference, archive, kubectl, now())) : dumps;
    },
    restore: async () => {
      const archive = archiveDrillsOf(stage);
      const dumps = await runsFinding(drillsOf(stage), drills, now());
      return archive ? withArchive(dumps, await runsFinding(archive, kubectl, now())) : dumps;
    },
    retention: () => runsFinding(retentionOf(stage), kubectl, now()),
    volume: async () => {
      const object = await kubectl.get(database.reference);
      return await volumesFinding(object ? await podsOf(object, kubectl) : [], kubectl);
    },
    connections: of(connectionsOf),
    transactions: of(transactionsOf),
    certificate: () => certificatesFinding(kubectl, now()),
    alerts: () => alertsFinding(stage, kubectl, now()),
  };
}

const REFERENCES = {
  statefulset: "statefulset/postgres",
  "cloudnative-pg": "cluster.postgresql.cnpg.io/postgres",
} as const satisfies Record<Stage["engine"], string>;

const serversOf = ({ engine, cluster }: Stage) => (engine === "statefulset" ? 1 : (cluster?.instances ?? 1));

const archiveOf = ({ engine, cluster }: Stage) => (engine === "cloudnative-pg" ? cluster?.archive : undefined);

const standbysOf = (stage: Stage): WantedStandbys => ({
  standbys: serversOf(stage) - 1,
  synchronous: stage.cluster?.synchronous?.number ?? 0,
});

/** Finds the server that can be asked. @throws Error if there is none */
async function writable(kubectl: Kubectl) {
  const pod = await serverPod(kubectl);
  if (!pod) throw new Error(`there is neither pod/${POSTGRES_POD} nor a primary in namespace ${kubectl.namespace}.`);
  return pod;
}

/** Prefers the migrations of what was deployed to those of this checkout, which may be newer. */
async function knownMigrations(records: () => ReturnType<typeof readRecords>): Promise<KnownMigrations> {
  const all = await records().catch(() => []);
  const deployed = all.find(({ result }) => result === "deployed") ?? all[0];
  if (deployed) return { of: `release ${deployed.number}`, ...deployed.migrations };
  return { of: "this checkout", version: NEWEST_MIGRATION, required: SCHEMA_VERSION };
}

/** Asks once for all facts that come from one answer. */
function once<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
  let asked: Promise<Answer> | undefined;
  return () => {
    asked ??= ask();
    return asked;
  };
}
