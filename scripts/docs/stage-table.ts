import { ALL_STAGES } from "../../lib/stages";
import type { Stage } from "../../lib/stages/stage";
import { type Topology, topologyOf } from "./topology";

const ROWS: Readonly<Record<string, (topology: Topology, stage: Stage) => string>> = {
  "pods at a time": ({ workloads }) => workloads.map(({ app, pods }) => `${pods} ${app}`).join(", "),
  volume: ({ workloads }) =>
    workloads.flatMap(({ volumes }) => volumes.map(({ claim, size }) => `${claim}, ${size}`)).join("; "),
  "Secrets made by": ({ sources }) => makers(sources.filter(({ name }) => name !== "postgres-tls")),
  "postgres-tls made by": ({ sources }) => makers(sources.filter(({ name }) => name === "postgres-tls")),
  "test users": (_, { migration }) => (migration.testUsers ? "yes" : "no"),
};

function makers(sources: Topology["sources"]): string {
  const secrets = sources.filter(({ kind }) => kind === "Secret");
  return [...new Set(secrets.map(({ from }) => from ?? "synth, in the manifests"))].join("; ");
}

/** Tabulates the differences between the stages' pictures. @throws Error if no row covers a difference */
export function stageTable(): string {
  const stages = ALL_STAGES.map((stage) => ({ stage, topology: topologyOf(stage) }));
  for (const { stage, topology } of stages) {
    if (same(topology) !== same(stages[0]?.topology ?? topology))
      throw new Error(
        `${stage.name} differs from ${ALL_STAGES[0]?.name} in more than the rows of scripts/docs/stage-table.ts.`,
      );
  }
  return [
    `| | ${ALL_STAGES.map(({ name }) => name).join(" | ")} |`,
    `|---|${ALL_STAGES.map(() => "---|").join("")}`,
    ...Object.entries(ROWS).map(
      ([title, cell]) => `| ${title} | ${stages.map(({ stage, topology }) => cell(topology, stage)).join(" | ")} |`,
    ),
  ].join("\n");
}

/** Serializes everything that no row covers. */
function same({ workloads, services, sources, readings, outsiders, connections }: Topology): string {
  return JSON.stringify({
    workloads: workloads.map(({ app, kind, containers }) => [app, kind, containers]),
    sources: sources.map(({ kind, name }) => `${kind} ${name}`).sort(),
    services,
    readings,
    outsiders,
    connections,
  });
}
