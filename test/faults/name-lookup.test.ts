import dns from "node:dns";
import { call, closeServices, eventually, start, startReady, testSettings } from "../data-svc/support";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres();
afterEach(async () => {
  await closeServices();
  jest.restoreAllMocks();
});

/** No lookup of this name ever ends. */
function silenceFor(host: string): void {
  const { lookup } = dns;
  jest
    .spyOn(dns, "lookup")
    .mockImplementation(((name: string, ...rest: never[]) =>
      name === host
        ? undefined
        : (lookup as (...args: unknown[]) => void)(name, ...rest)) as unknown as typeof dns.lookup);
}

const NO_ANSWER =
  /The database's host name is not known: no name server answered within \d+(\.\d)? s for the host name postgres\.example\. The database has not been asked\. .*`network\.dns` of the stage.*docs\/operations\.md/;

test("at the start, a name server that never answers is named by /readyz and in the log", async () => {
  silenceFor("postgres.example");
  const settings = testSettings("postgres://u:p@postgres.example:5432/d", { POOL_WAIT_MS: "200" });
  const service = await start(settings);
  service.ready.catch(() => undefined);
  const lifecycle = async () => {
    const { body } = await call<{ checks: Record<string, { message: string }> }>(service, "GET /readyz");
    return body.checks.lifecycle?.message ?? "";
  };
  await eventually(async () => NO_ANSWER.test(await lifecycle()));
  expect(service.messages().find((message) => message.startsWith("Waiting for the database"))).toMatch(NO_ANSWER);
});

test("while it runs, /readyz tells it as well, and not that the database did not answer", async () => {
  const url = new URL(await postgres.createMigratedDatabase());
  url.hostname = "postgres.example";
  const { lookup } = dns;
  const known = jest
    .spyOn(dns, "lookup")
    .mockImplementation(((_name: string, ...rest: never[]) =>
      (lookup as (...args: unknown[]) => void)("127.0.0.1", ...rest)) as unknown as typeof dns.lookup);
  const service = await startReady(url.href, { POOL_WAIT_MS: "300" });
  known.mockRestore();
  silenceFor("postgres.example");
  await postgres.connected(postgres.server.url("postgres"), (client) =>
    client.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'data-svc/%'"),
  );
  const database = async () => {
    const { body } = await call<{ checks: Record<string, { message: string }> }>(service, "GET /readyz");
    return body.checks.database?.message ?? "";
  };
  await eventually(async () => NO_ANSWER.test(await database()));
});
