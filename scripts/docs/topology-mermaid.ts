import type { Source, Topology, Workload } from "../../lib/pictures/topology";

const nodeId = (name: string) => name.replace(/[^A-Za-z0-9]+/g, "_").replace(/^_|_$/g, "");
const quoted = (...lines: readonly string[]) => `"${lines.join("<br/>").replaceAll('"', "'")}"`;
const serviceId = (name: string) => nodeId(`service ${name}`);

/** Draws the pods, their Services and volumes, and every connection that the policies allow. */
export function connectionsDiagram(topology: Topology): string {
  return [
    "flowchart LR",
    ...topology.outsiders.map((name) => `  ${nodeId(name)}([${quoted(name.replace(" in ", "<br/>in "))}])`),
    `  subgraph inside[${quoted(`namespace ${topology.namespace}`)}]`,
    ...topology.workloads.flatMap((workload) => workloadLines(topology, workload)),
    "  end",
    ...connectionLines(topology),
  ].join("\n");
}

function workloadLines({ services }: Topology, { app, kind, pods, containers, volumes }: Workload): string[] {
  const count = `${pods} ${pods === 1 ? "pod" : "pods"}: ${containers.join(", ")}`;
  const own = services.filter((service) => service.app === app);
  return [
    ...own.map(({ name, ports }) => `    ${serviceId(name)}(${quoted("Service", `${name}:${ports.join(", ")}`)})`),
    `    ${nodeId(app)}[${quoted(`${kind} <b>${app}</b>`, count)}]`,
    ...volumes.map(({ claim, size }) => `    ${nodeId(claim)}[(${quoted("volume", claim, size)})]`),
    ...own.map(({ name }) => `    ${serviceId(name)} --> ${nodeId(app)}`),
    ...volumes.map(({ claim }) => `    ${nodeId(app)} --- ${nodeId(claim)}`),
  ];
}

/** Draws connections through the Service with the target's name, if there is one. */
function connectionLines({ connections, services }: Topology): string[] {
  return connections.map(({ from, to, ports }) => {
    const target = services.some(({ name, app }) => name === to && app === to) ? serviceId(to) : nodeId(to);
    return `  ${nodeId(from)} ==>|${quoted(ports.join(", "))}| ${target}`;
  });
}

/** Sources of one kind and maker that the same containers read. They share one box. */
interface Group {
  readonly first: Source;
  readonly names: readonly string[];
}

/** Draws arrows from the maker of a Secret or ConfigMap to the containers that mount it. */
export function readingsDiagram(topology: Topology): string {
  const groups = groupsOf(topology);
  const makers = [...new Set(groups.flatMap(({ first }) => first.from ?? []))];
  return [
    "flowchart LR",
    ...makers.map((name) => `  ${nodeId(name)}[[${quoted(...name.split(" of "))}]]`),
    ...groups.map(({ first, names }) => `  ${sourceId(first)}[${quoted(titleOf(first, names), ...names)}]`),
    ...topology.workloads.map(({ app, kind, containers }) =>
      [
        `  subgraph ${nodeId(app)}[${quoted(`${kind} ${app}`)}]`,
        ...containers.map((container) => `    ${nodeId(`${app} ${container}`)}([${quoted(container)}])`),
        "  end",
      ].join("\n"),
    ),
    ...groups.flatMap(({ first }) => (first.from ? [`  ${nodeId(first.from)} --> ${sourceId(first)}`] : [])),
    ...groups.flatMap(({ first }) => readingLines(topology, first)),
  ].join("\n");
}

const sourceId = ({ kind, name }: Source) => nodeId(`${kind} ${name}`);
const titleOf = ({ kind }: Source, { length }: readonly string[]) => `<b>${kind}${length > 1 ? "s" : ""}</b>`;

/** Ends an arrow at the pod if all of its containers read the source. */
function readingLines({ readings, workloads }: Topology, source: Source): string[] {
  return readings.flatMap(({ source: name, app, containers }) => {
    if (name !== source.name) return [];
    const all = workloads.find((workload) => workload.app === app)?.containers.length === containers.length;
    const ends = all ? [nodeId(app)] : containers.map((container) => nodeId(`${app} ${container}`));
    return ends.map((end) => `  ${sourceId(source)} --> ${end}`);
  });
}

function groupsOf({ sources, readings }: Topology): Group[] {
  const groups = new Map<string, { first: Source; names: string[] }>();
  for (const source of sources) {
    const readers = readings.filter(({ source: name }) => name === source.name);
    const key = JSON.stringify([source.kind, source.from, readers.map(({ app, containers }) => [app, containers])]);
    const group = groups.get(key) ?? { first: source, names: [] };
    group.names.push(source.name);
    groups.set(key, group);
  }
  return [...groups.values()];
}
