import { fitsPostgres, planMemory, postgresSettings, smallestMemory } from "../../lib/postgres/settings";

const GIB = 1024;

test.each([
  // memory MiB, shared, connections, work_mem, maintenance, workers
  [192, "48MB", "20", "1MB", "16MB", "2"],
  [256, "64MB", "25", "2MB", "16MB", "2"],
  [512, "128MB", "51", "2MB", "32MB", "2"],
  [1023, "255MB", "100", "3MB", "63MB", "2"],
  [1 * GIB, "256MB", "100", "2MB", "64MB", "3"],
  [4 * GIB, "1024MB", "100", "16MB", "256MB", "3"],
  [64 * GIB, "16384MB", "100", "64MB", "1024MB", "3"],
])("%i MiB: %s shared, %s connections of %s, %s for maintenance by %s workers", (memory, ...expected) => {
  const settings = postgresSettings({ memory, cpu: 1, volume: 10 * GIB });
  const { shared_buffers, max_connections, work_mem, maintenance_work_mem, autovacuum_max_workers } = settings;
  expect([shared_buffers, max_connections, work_mem, maintenance_work_mem, autovacuum_max_workers]).toEqual(expected);
  expect(settings.autovacuum_work_mem).toBe(maintenance_work_mem);
  expect(settings.effective_cache_size).toBe(`${Math.floor(memory / 2)}MB`);
  expect(settings.hash_mem_multiplier).toBe("1");
});

test("whatever the limit, all that may be used at once stays below nine tenths of it", () => {
  for (let limit = smallestMemory(); limit <= 128 * GIB; limit += 37) {
    const plan = planMemory(limit);
    const connections = plan.maxConnections * (2 + plan.workMem);
    const maintenance = plan.autovacuumWorkers * plan.maintenanceWorkMem;
    expect(plan.sharedBuffers + 32 + connections + maintenance).toBeLessThanOrEqual(0.9 * limit + 1e-6);
  }
});

test("less than the smallest limit is refused, and every larger one works", () => {
  const smallest = smallestMemory();
  expect(smallest).toBeGreaterThan(180);
  expect(smallest).toBeLessThanOrEqual(192);
  expect(fitsPostgres(smallest - 1)).toBe(false);
  for (let limit = smallest; limit < 4 * GIB; limit += 1) expect([limit, fitsPostgres(limit)]).toEqual([limit, true]);
  expect(() => postgresSettings({ memory: smallest - 1, cpu: 1, volume: GIB })).toThrow(`at least ${smallest} MiB`);
});

test.each([
  [1 * GIB, "256MB", "64MB", "102MB"],
  [10 * GIB, "512MB", "128MB", "1024MB"],
  [100 * GIB, "4096MB", "1024MB", "10240MB"],
])("a volume of %i MiB: write-ahead log %s at most, %s at least, temporary files %s", (volume, most, least, tenth) => {
  const settings = postgresSettings({ memory: 256, cpu: 1, volume });
  expect([settings.max_wal_size, settings.min_wal_size, settings.temp_file_limit]).toEqual([most, least, tenth]);
  expect(settings.max_slot_wal_keep_size).toBe(tenth);
});

test("below two cores nothing runs in parallel; above, twice as many workers as cores", () => {
  const settings = (cpu: number) => postgresSettings({ memory: 256, cpu, volume: 10 * GIB });
  expect(settings(0.5)).toMatchObject({ max_parallel_workers_per_gather: "0", jit: "off", max_worker_processes: "4" });
  expect(settings(2)).not.toHaveProperty("jit");
  expect(settings(2)).not.toHaveProperty("max_parallel_maintenance_workers");
  expect(settings(7.5).max_worker_processes).toBe("16");
});
