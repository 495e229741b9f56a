import { COLOURS, draw, escaped, ROOM } from "./drawing";
import type { Topology, Workload } from "./topology";

/** Draws the pods, their Services and volumes, and every connection that the policies allow: the first picture of docs/architecture.md. */
export const topologySvg = (topology: Topology): Promise<string> =>
  draw(topologyDot(topology), `The pods of namespace ${topology.namespace} and their connections`);

function topologyDot(topology: Topology): string {
  const { ink, faint, line, page } = COLOURS;
  const font = 'fontname="Helvetica,Arial,sans-serif"';
  return [
    `digraph { rankdir=LR; bgcolor="${page}"; nodesep=0.25; ranksep=1.2; pad=0.25; compound=true`,
    `node [${font} fontsize=12 fontcolor="${ink}" color="${line}" shape=box margin="0.15,0.08"]`,
    `edge [${font} fontsize=10 fontcolor="${faint}" color="${line}"]`,
    ...connected(topology).map((name) => `${id(name)} [shape=ellipse label=<${lines(...name.split(/ (?=in )/))}>]`),
    `subgraph cluster_inside { ${font} fontsize=12 fontcolor="${faint}" color="${line}" style=dashed label=<${escaped(`namespace ${topology.namespace}`)}>`,
    ...topology.workloads.flatMap((workload) => workloadLines(topology, workload)),
    "}",
    ...connectionLines(topology),
    "}",
  ].join("\n");
}

/** Lists other software's pods that have a connection. A peer that a policy names may need none. */
const connected = ({ outsiders, connections }: Topology) =>
  outsiders.filter((name) => connections.some(({ from, to }) => from === name || to === name));

const id = (name: string) => JSON.stringify(name);
const serviceId = (name: string) => id(`Service ${name}`);
const lines = (...texts: readonly string[]) => texts.map((text) => `${escaped(text)}${ROOM}${ROOM}`).join("<br/>");

function workloadLines({ services }: Topology, { app, kind, pods, containers, volumes }: Workload): string[] {
  const { head } = COLOURS;
  const own = services.filter((service) => service.app === app);
  const title = `${lines(kind)}<br/><b>${escaped(app)}${ROOM}${ROOM}</b>`;
  const count = `${pods} ${pods === 1 ? "pod" : "pods"}:`;
  return [
    `${id(app)} [style=filled fillcolor="${head}" label=<${title}<br/>${lines(count, ...inRows(containers))}>]`,
    ...own.map(
      ({ name, ports }) =>
        `${serviceId(name)} [style=rounded label=<${lines("Service", `${name}:${ports.join(", ")}`)}>]`,
    ),
    ...volumes.map(
      ({ claim, size }) => `${id(`Volume ${claim}`)} [shape=cylinder label=<${lines(`volume ${claim}`, size)}>]`,
    ),
    ...own.map(({ name }) => `${serviceId(name)} -> ${id(app)} [style=dashed]`),
    ...volumes.map(({ claim }) => `${id(app)} -> ${id(`Volume ${claim}`)} [arrowhead=none]`),
  ];
}

/** Lists containers three in a row, so that a pod with many is not wider than the picture. */
function inRows(names: readonly string[]): string[] {
  const rows = Array.from({ length: Math.ceil(names.length / 3) }, (_, row) => names.slice(row * 3, row * 3 + 3));
  return rows.map((row) => row.join(", "));
}

/** Draws connections through the Service with the target's name, if there is one. */
function connectionLines({ connections, services }: Topology): string[] {
  return connections.map(({ from, to, ports }) => {
    const target = services.some(({ name, app }) => name === to && app === to) ? serviceId(to) : id(to);
    return `${id(from)} -> ${target} [penwidth=1.6 label=<${escaped(` ${ports.join(", ")} `)}>]`;
  });
}
