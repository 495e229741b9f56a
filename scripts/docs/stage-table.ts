import { DASHBOARD } from "../../lib/constructs/dashboard";
import { BACKUP, EXPORTER, SERVICE_TLS_SECRET, TLS_SECRET } from "../../lib/contract";
import { type Topology, topologyOf } from "../../lib/pictures/topology";
import { ALL_STAGES } from "../../lib/stages";
import type { Stage } from "../../lib/stages/stage";

/** Stages with one engine. The page says of the other one's what differs. */
const STAGES = ALL_STAGES.filter(({ engine }) => engine === "statefulset");

const CERTIFICATES: readonly string[] = [TLS_SECRET, SERVICE_TLS_SECRET];

const ROWS: Readonly<Record<string, (topology: Topology, stage: Stage) => string>> = {
  "pods at a time": ({ workloads }) => workloads.map(({ app, pods }) => `${pods} ${app}`).join(", "),
  volume: ({ workloads }) =>
    workloads.flatMap(({ volumes }) => volumes.map(({ claim, size }) => `${claim}, ${size}`)).join("; "),
  "Secrets made by": ({ sources }) => makers(sources.filter(({ name }) => !CERTIFICATES.includes(name))),
  "postgres-tls and data-svc-tls made by": ({ sources }) =>
    makers(sources.filter(({ name }) => CERTIFICATES.includes(name))),
  "backups (cron, UTC)": (_, { backup }) => `\`${backup.schedule}\`, ${placeOf(backup.target)}`,
  "drills (cron, UTC)": (_, { backup }) => `\`${backup.drill.schedule}\``,
  "retention (cron, UTC)": (_, { retention }) =>
    `\`${retention.schedule}\`, log ${retention.auditMonths} months, sessions ${retention.sessionDays} days`,
  monitoring: (_, { monitoring }) => (monitoring.kind === "none" ? "none" : "the Prometheus operator"),
  "test users": (_, { migration }) => (migration.testUsers ? "yes" : "no"),
};

const placeOf = (target: Stage["backup"]["target"]) =>
  target.kind === "s3" ? `bucket ${target.bucket}` : `volume ${BACKUP.claim}, ${target.storage}`;

function makers(sources: Topology["sources"]): string {
  const secrets = sources.filter(({ kind }) => kind === "Secret");
  return [...new Set(secrets.map(({ from }) => from ?? "synth, in the manifests"))].join("; ");
}

/** Tabulates the differences between the stages' pictures. @throws Error if no row covers a difference */
export function stageTable(): string {
  const stages = STAGES.map((stage) => ({ stage, topology: topologyOf(stage) }));
  for (const { stage, topology } of stages) {
    if (same(topology) !== same(stages[0]?.topology ?? topology))
      throw new Error(
        `${stage.name} differs from ${STAGES[0]?.name} in more than the rows of scripts/docs/stage-table.ts.`,
      );
  }
  return [
    `| | ${STAGES.map(({ name }) => name).join(" | ")} |`,
    `|---|${STAGES.map(() => "---|").join("")}`,
    ...Object.entries(ROWS).map(
      ([title, cell]) => `| ${title} | ${stages.map(({ stage, topology }) => cell(topology, stage)).join(" | ")} |`,
    ),
  ].join("\n");
}

/** Their pods, and the Secrets that only these mount. The place of the backups decides them, and has a row of its own. */
const BACKUPS: ReadonlySet<string> = new Set(Object.values(BACKUP).filter((name) => name !== BACKUP.claim));

/** The exporter and the dashboard, which the row about monitoring covers. */
const covered = (name: string) => BACKUPS.has(name) || name === EXPORTER.name || name === DASHBOARD;

/** Serializes everything that no row covers. */
function same({ workloads, services, sources, readings, outsiders, connections }: Topology): string {
  return JSON.stringify({
    workloads: workloads
      .filter(({ app }) => app !== EXPORTER.name)
      .map(({ app, kind, containers }) => [app, kind, containers]),
    sources: sources.flatMap(({ kind, name }) => (covered(name) ? [] : `${kind} ${name}`)).sort(),
    services,
    readings: readings.filter(({ app }) => !covered(app)),
    outsiders,
    connections: connections.filter(({ from, to }) => !covered(from) && to !== EXPORTER.name),
  });
}
