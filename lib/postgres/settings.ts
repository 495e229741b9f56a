/** Resources of a PostgreSQL server. */
export interface PostgresBudget {
  /** Memory limit of the container, in MiB. */
  readonly memory: number;
  /** CPU limit of the container, in cores. */
  readonly cpu: number;
  /** Size of the data volume, in MiB. */
  readonly volume: number;
}

/** Division of a server's memory, in MiB. */
export interface MemoryPlan {
  readonly sharedBuffers: number;
  /** Number of connections. */
  readonly maxConnections: number;
  /** Number of autovacuum workers. */
  readonly autovacuumWorkers: number;
  readonly maintenanceWorkMem: number;
  readonly workMem: number;
  /** The rest, for queries. The plan stands only if each connection gets a MiB of it. */
  readonly forQueries: number;
}

/**
 * Divides `limit` MiB so that all connections can sort at once. Measured at 256 MiB: PostgreSQL's defaults get killed,
 * these do not. The server itself gets 32 MiB, each connection 2; a tenth stays free,
 * also for the pod's scratch folders in memory.
 */
export function planMemory(limit: number): MemoryPlan {
  const sharedBuffers = limit / 4;
  const maxConnections = clamp(Math.floor(limit / 10), 20, 100);
  const autovacuumWorkers = limit < 1024 ? 2 : 3;
  const maintenanceWorkMem = clamp(Math.floor(limit / 16), 16, 1024);
  const forQueries =
    limit - sharedBuffers - 32 - 2 * maxConnections - autovacuumWorkers * maintenanceWorkMem - 0.1 * limit;
  const workMem = clamp(Math.floor(forQueries / maxConnections), 1, 64);
  return { sharedBuffers, maxConnections, autovacuumWorkers, maintenanceWorkMem, workMem, forQueries };
}

/** Whether PostgreSQL works in `limit` MiB without being killed for its memory. */
export function fitsPostgres(limit: number): boolean {
  const plan = planMemory(limit);
  return plan.forQueries >= plan.maxConnections;
}

/** The smallest whole number of MiB in which PostgreSQL works. */
export function smallestMemory(): number {
  let limit = 1;
  while (!fitsPostgres(limit)) limit += 1;
  return limit;
}

/** Settings of postgresql.conf that follow from the resources. @throws RangeError if `memory` is too small */
export function postgresSettings({ memory, cpu, volume }: PostgresBudget): Readonly<Record<string, string>> {
  if (!fitsPostgres(memory)) throw new RangeError(`PostgreSQL needs at least ${smallestMemory()} MiB, not ${memory}.`);
  const plan = planMemory(memory);
  const maxWal = clamp(Math.floor(volume / 20), 256, 4096);
  const tenth = `${Math.floor(volume / 10)}MB`;
  return {
    shared_buffers: `${Math.floor(plan.sharedBuffers)}MB`,
    max_connections: String(plan.maxConnections),
    work_mem: `${plan.workMem}MB`,
    hash_mem_multiplier: "1",
    maintenance_work_mem: `${plan.maintenanceWorkMem}MB`,
    autovacuum_work_mem: `${plan.maintenanceWorkMem}MB`,
    autovacuum_max_workers: String(plan.autovacuumWorkers),
    effective_cache_size: `${Math.floor(memory / 2)}MB`,
    max_wal_size: `${maxWal}MB`,
    min_wal_size: `${Math.floor(maxWal / 4)}MB`,
    max_slot_wal_keep_size: tenth,
    temp_file_limit: tenth,
    max_worker_processes: String(Math.max(4, 2 * Math.ceil(cpu))),
    // Below two cores, parallel workers only add memory and context switches.
    ...(cpu < 2 && { max_parallel_workers_per_gather: "0", max_parallel_maintenance_workers: "0", jit: "off" }),
  };
}

const clamp = (value: number, least: number, most: number) => Math.min(Math.max(value, least), most);
