import { parseQuantity, wholeNumber } from "./quantity";
import type { Amounts, Resources, Stage } from "./stage";

const AMOUNTS = ["cpu", "memory", "ephemeralStorage"] as const;

/** Refuses quantities that do not parse, and requests over limits, in every container. */
export function checkResources(stage: Stage): string[] {
  return [
    ...checkPair("database.resources", stage.database.resources),
    ...checkPair("database.reloader", stage.database.reloader),
    ...(stage.cluster?.archive ? checkPair("cluster.archive.resources", stage.cluster.archive.resources) : []),
    ...(stage.cluster?.archive?.drill
      ? checkPair("cluster.archive.drill.resources", stage.cluster.archive.drill.resources)
      : []),
    ...checkPair("backup.resources", stage.backup.resources),
    ...checkPair("backup.drill.resources", stage.backup.drill.resources),
    ...checkPair("retention.resources", stage.retention.resources),
    ...checkPair("migration.resources", stage.migration.resources),
    ...checkPair("service.resources", stage.service.resources),
    ...exporterOf(stage).flatMap(({ resources }) => checkPair("monitoring.exporter.resources", resources)),
    ...checkPair("limits.quota", stage.limits.quota),
    ...checkPair("limits.container", { requests: stage.limits.container.min, limits: stage.limits.container.max }, [
      "min",
      "max",
    ]),
  ];
}

/** The exporter, if the stage has one. */
const exporterOf = ({ monitoring }: Pick<Stage, "monitoring">) =>
  monitoring.kind === "none" ? [] : [monitoring.exporter];

function checkPair(field: string, { requests, limits }: Resources, [low, high] = ["requests", "limits"]): string[] {
  return AMOUNTS.flatMap((amount) => {
    const problems = [
      ...checkQuantity(`${field}.${low}.${amount}`, requests[amount]),
      ...checkQuantity(`${field}.${high}.${amount}`, limits[amount]),
    ];
    if (problems.length > 0 || (parseQuantity(requests[amount]) ?? 0) <= (parseQuantity(limits[amount]) ?? 0)) {
      return problems;
    }
    return [
      `${field}.${low}.${amount} is ${requests[amount]}, more than ${field}.${high}.${amount}, which is ${limits[amount]}; ` +
        `Kubernetes refuses that. Lower the first or raise the second.`,
    ];
  });
}

/** Returns a problem if `quantity` is not a Kubernetes quantity above zero. */
export function checkQuantity(field: string, quantity: string): string[] {
  if ((parseQuantity(quantity) ?? 0) > 0) return [];
  return [`${field} is "${quantity}", which is no amount to Kubernetes. Write it like "500m", "2", "256Mi" or "10Gi".`];
}

/**
 * Smallest limits with which a container gets ready. Idle, data-svc has 66 MiB, `migrate` 54 and `retention` 50. Each needs about a
 * second of a core to start, and the startup probe gives up after two minutes.
 */
const LEAST = {
  service: { cpu: "50m", memory: "96Mi" },
  migration: { cpu: "50m", memory: "64Mi" },
  retention: { cpu: "50m", memory: "64Mi" },
} as const;

/** Refuses limits in which the programs cannot work. */
export function checkLeast(stage: Stage): string[] {
  return (["service", "migration", "retention"] as const).flatMap((part) =>
    (["cpu", "memory"] as const)
      // Skips malformed quantities, which are reported already.
      .filter((amount) => parseQuantity(stage[part].resources.limits[amount]) !== undefined)
      .filter((amount) => value(stage[part].resources.limits, amount) < value(LEAST[part], amount))
      .map((amount) => {
        const field = `${part}.resources.limits.${amount}`;
        return (
          `${field} is ${stage[part].resources.limits[amount]}, with which it would be ` +
          `${amount === "memory" ? "killed for its memory" : "given up before it has started"}. Set at least ${LEAST[part][amount]}.`
        );
      }),
  );
}

/** Checks that all pods fit into the namespace's limits, with two Jobs of each kind, and a rolling update. */
export function checkLimits(stage: Stage): string[] {
  const { limits, database, backup, retention, migration, service } = stage;
  const servers = serversOf(stage);
  const exporters = exporterOf(stage);
  const pods = [
    { resources: database.resources, count: servers },
    ...(stage.cluster?.archive && servers > 1 ? [{ resources: stage.cluster.archive.resources, count: servers }] : []),
    ...archiveDrillOf(stage).map((resources) => ({ resources, count: 1 })),
    { resources: database.reloader, count: 1 },
    { resources: migration.resources, count: 2 },
    // Adds the one that a person starts. The containers of such a pod run one after the other.
    { resources: backup.resources, count: 2 },
    // Also with the one that a person starts.
    { resources: retention.resources, count: 2 },
    // The server and the program that restores into it. Where the target is a bucket it has a namespace of its own.
    ...(backup.target.kind === "volume" ? [{ resources: backup.drill.resources, count: 2 }] : []),
    // Adds the one pod of maxSurge.
    { resources: service.resources, count: service.replicas + 1 },
    // The exporter and the container with its login have the same amounts.
    ...exporters.map(({ resources }) => ({ resources, count: 2 })),
  ];
  const sums = (["requests", "limits"] as const).flatMap((side) =>
    AMOUNTS.flatMap((amount) => {
      const needed = pods.reduce((sum, pod) => sum + pod.count * value(pod.resources[side], amount), 0);
      const largest = Math.max(...pods.map((pod) => value(pod.resources.limits, amount)));
      return [
        ...tooSmall(`limits.quota.${side}.${amount}`, limits.quota[side][amount], needed),
        ...(side === "limits"
          ? tooSmall(`limits.container.max.${amount}`, limits.container.max[amount], largest)
          : tooLarge(
              `limits.container.min.${amount}`,
              limits.container.min[amount],
              Math.min(...pods.map((pod) => value(pod.resources.requests, amount))),
            )),
      ];
    }),
  );
  // The program and the recovered server.
  const drills = stage.cluster?.archive?.drill ? 2 : 0;
  return [...sums, ...checkPods(limits.quota.pods, service.replicas + exporters.length + drills, servers)];
}

/** The drill's program, the server that it recovers, and the container that reads the archive for that one. */
function archiveDrillOf({ cluster, database }: Stage): readonly Resources[] {
  const archive = cluster?.archive;
  return archive?.drill ? [archive.drill.resources, database.resources, archive.resources] : [];
}

/** Servers at a time. An operator starts one more while it makes an instance, and one for the reloader. */
const serversOf = ({ engine, cluster }: Stage) => (engine === "cloudnative-pg" ? (cluster?.instances ?? 1) + 1 : 1);

/** Counts the database's pods, two migrations, backups and retentions, a drill, and one more of the service in an update. */
function checkPods(pods: number, others: number, servers: number): string[] {
  const problems = wholeNumber("limits.quota.pods", pods, 1);
  const needed = servers + 2 + 2 + 2 + 1 + others + 1;
  return problems.length > 0 ? problems : tooSmall("limits.quota.pods", `${pods}`, needed);
}

const value = <Amount extends keyof Amounts>(amounts: Pick<Amounts, Amount>, amount: Amount) =>
  parseQuantity(amounts[amount]) ?? 0;

function tooSmall(field: string, quantity: string, needed: number): string[] {
  if ((parseQuantity(quantity) ?? 0) >= needed) return [];
  return [
    `${field} is ${quantity}, but the database, two migrations, backups and retentions, a drill and the service with one pod ` +
      `more during an update need ${readable(needed)}. Raise it, or lower what they ask for.`,
  ];
}

function tooLarge(field: string, quantity: string, least: number): string[] {
  if ((parseQuantity(quantity) ?? 0) <= least) return [];
  return [
    `${field} is ${quantity}, but one container asks for ${readable(least)} and would be refused. Lower the minimum.`,
  ];
}

const readable = (amount: number) => (amount >= 2 ** 20 ? `${Math.ceil(amount / 2 ** 20)}Mi` : `${amount}`);
