import { migrateHere as migrate } from "../migrator/support/command";
import { Cluster, PASSWORDS } from "../roles/support";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres();
const cluster = new Cluster(postgres);

test("a refused password is an error at once, and with --password-wait tried again until the server has it", async () => {
  const database = await cluster.create("patient");
  await cluster.bootstrap(database);
  const DATABASE_URL = postgres.server.url(database, "monitor", "the next one");
  const impatient = await migrate(["wait", "--version", "1", "--timeout", "0"], { DATABASE_URL });
  expect([impatient.code, impatient.stderr]).toEqual([2, expect.stringContaining("The password of monitor is wrong")]);

  const said: string[] = [];
  let patient: ReturnType<typeof migrate> | undefined;
  await new Promise<void>((refused) => {
    const stderr = (text: string) => {
      said.push(text);
      refused();
    };
    const args = ["wait", "--version", "1", "--timeout", "0", "--password-wait", "20"];
    patient = migrate(args, { DATABASE_URL }, { stderr });
  });
  await cluster.bootstrap(database, { passwords: { ...PASSWORDS, monitor: "the next one" } });
  // The version is not there, which only somebody who got in can say.
  expect((await patient)?.code).toBe(3);
  expect(said.join("")).toMatch(/refuses the password of monitor; trying again for .*, in case it was changed/);
});

test("it ends with the same error once the wait is over", async () => {
  const DATABASE_URL = postgres.server.url("postgres", "nobody", "x");
  // Timers of one process go off in their order, however slow it is.
  let over = false;
  setTimeout(() => (over = true), 1400);
  const { code } = await migrate(["status", "--password-wait", "1.5"], { DATABASE_URL });
  expect(code).toBe(2);
  expect(over).toBe(true);
});
