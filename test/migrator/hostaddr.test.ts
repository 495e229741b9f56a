import * as fs from "node:fs";
import * as path from "node:path";
import { EXIT, SCHEMA_VERSION } from "../../lib/contract";
import { serverNames } from "../../lib/postgres/identity";
import { bootstrap } from "../../lib/roles/bootstrap";
import { issueTls } from "../../lib/secrets/issue";
import { MIGRATIONS } from "../migrations/support";
import { usePostgres } from "../support/postgres";
import { temporaryFolder } from "../support/temporary-folder";
import { secured } from "../support/tls";
import { migrateHere } from "./support/command";

const postgres = usePostgres();
let ca: string;

beforeAll(async () => {
  const { authority, server } = await issueTls(serverNames("diabrisk"), new Date());
  await secured(postgres, server);
  ca = path.join(temporaryFolder(), `hostaddr-${process.pid}.crt`);
  fs.writeFileSync(ca, authority.certificate);
});
afterAll(() => fs.rmSync(ca, { force: true }));

/** What docs/operations.md sets for a forwarded port, with another one than 5432. */
const forwarded = (database: string) => ({
  PGHOST: "postgres",
  PGHOSTADDR: "127.0.0.1",
  PGPORT: String(postgres.server.port),
  PGDATABASE: database,
  PGUSER: "migrator",
  PGPASSWORD: "m",
  PGSSLMODE: "verify-full",
  PGSSLROOTCERT: ca,
  MIGRATIONS_DIR: MIGRATIONS,
});

describe("through a forwarded port, with the certificate of the cluster's name,", () => {
  let environment: ReturnType<typeof forwarded>;
  beforeAll(async () => {
    const url = await postgres.createDatabase();
    await bootstrap({ connection: { connectionString: url }, passwords: { migrator: "m" } });
    environment = forwarded(new URL(url).pathname.slice(1));
    expect(await migrateHere(["up"], environment)).toMatchObject({ code: EXIT.ok, stderr: "" });
  });

  test("status and down work", async () => {
    expect(await migrateHere(["status"], environment)).toMatchObject({ code: EXIT.ok, stderr: "" });
    expect(await migrateHere(["down", "--steps", "1", "--yes"], environment)).toMatchObject({ code: EXIT.ok });
    const { code, stdout } = await migrateHere(["status"], environment);
    expect([code, stdout]).toEqual([
      EXIT.pending,
      expect.stringContaining(`is at version ${SCHEMA_VERSION - 1}, 1 pending`),
    ]);
    expect(await migrateHere(["up"], environment)).toMatchObject({ code: EXIT.ok });
  });

  test("a URL says the same", async () => {
    const { PGPORT, PGDATABASE } = environment;
    const DATABASE_URL = `postgres://migrator:m@postgres:${PGPORT}/${PGDATABASE}?hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert=${ca}`;
    expect(await migrateHere(["status"], { DATABASE_URL, MIGRATIONS_DIR: MIGRATIONS })).toMatchObject({
      code: EXIT.ok,
    });
  });

  test.each([
    ["another name than the certificate's", { PGHOST: "elsewhere" }],
    ["the address alone, which the certificate does not have", { PGHOST: "" }],
  ])("%s is refused", async (_, changed) => {
    const { code, stderr } = await migrateHere(["status"], { ...environment, ...changed });
    expect([code, stderr]).toEqual([EXIT.usage, expect.stringContaining("certificate was not accepted")]);
  });
});
