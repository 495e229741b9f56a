import { LOGIN_ROLES, type LoginRole, MOVE_ROLE } from "../../lib/contract";
import { bootstrap } from "../../lib/roles";
import { ConfiguredServer } from "../support/configured-server";
import { ENGINE_FILES } from "../support/engine-files";
import { usePostgres } from "../support/postgres";
import { PASSWORDS } from "./support";

/** "server" refuses before it asks for a password, "database" afterwards, for want of CONNECT. */
type Outcome = "in" | "server" | "database";

describe.each(["statefulset", "cloudnative-pg"] as const)("the access rules of %s", (engine) => {
  const postgres = usePostgres();
  let server: ConfiguredServer;

  beforeAll(async () => {
    const url = await postgres.createMigratedDatabase("diabrisk");
    await postgres.query(
      url,
      "create role cnpg_metrics_exporter login password 'exporter'; create role stranger login password 'stranger'; create role engine_move login replication password 'move'; grant connect on database diabrisk to engine_move",
    );
    await bootstrap({ connection: { connectionString: url }, passwords: PASSWORDS });
    const { files, settings } = ENGINE_FILES[engine];
    server = await ConfiguredServer.start(postgres, files, settings);
  });
  afterAll(() => server?.stop());

  async function outcome(config: object): Promise<Outcome> {
    try {
      await (await server.session(config)).end();
      return "in";
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      if (code === "28000" && /pg_hba\.conf/.test(message)) return "server";
      if (code === "42501" && /permission denied for database/.test(message)) return "database";
      throw error;
    }
  }

  const as = (user: LoginRole) => ({ user, password: PASSWORDS[user] });

  test.each(LOGIN_ROLES)("let %s into the database diabrisk alone, with TLS, and not to replicate", async (role) => {
    expect(await outcome({ ...as(role), database: "diabrisk" })).toBe("in");
    expect(await outcome({ ...as(role), database: "postgres" })).toBe("server");
    expect(await outcome({ ...as(role), database: "template1" })).toBe("server");
    expect(await outcome({ ...as(role), database: "diabrisk", ssl: false })).toBe("server");
    expect(await outcome({ ...as(role), database: "diabrisk", replication: "true" })).toBe("server");
  });

  test("let the superuser into every database, with TLS: the reloader and bootstrap", async () => {
    expect(await outcome({ database: "diabrisk" })).toBe("in");
    expect(await outcome({ database: "postgres" })).toBe("in");
    expect(await outcome({ database: "postgres", ssl: false })).toBe("server");
  });

  test("let another engine's server follow the database diabrisk alone", async () => {
    const move = { user: MOVE_ROLE, password: "move", replication: "database" };
    expect(await outcome({ ...move, database: "diabrisk" })).toBe("in");
    expect(await outcome({ ...move, database: "diabrisk", ssl: false })).toBe("server");
    expect(await outcome({ ...move, database: "postgres" })).toBe("server");
    expect(await outcome({ ...move, replication: "true" })).toBe("server");
  });

  test("let nobody else in", async () => {
    for (const database of ["diabrisk", "postgres", "template1"])
      expect(await outcome({ user: "stranger", password: "stranger", database })).toBe("server");
  });
});

describe("without access rules that name databases", () => {
  const postgres = usePostgres();

  beforeAll(async () => {
    const url = await postgres.createMigratedDatabase("diabrisk");
    await postgres.query(
      url,
      "create role cnpg_metrics_exporter login password 'exporter'; create role streaming_replica; create role stranger login password 'stranger'",
    );
    await bootstrap({ connection: { connectionString: url }, passwords: PASSWORDS });
  });

  const may = (database: string) =>
    postgres.query<{ role: string }>(
      postgres.server.url("diabrisk"),
      `select rolname as role, has_database_privilege(oid, '${database}', 'temporary') as temporary from pg_roles
       where has_database_privilege(oid, '${database}', 'connect') and not rolsuper and rolname !~ '^pg_' order by 1`,
    );

  test("the database's own privileges refuse, except for the operator's roles, which need `postgres`", async () => {
    expect(await may("postgres")).toEqual([
      { role: "cnpg_metrics_exporter", temporary: false },
      { role: "streaming_replica", temporary: false },
    ]);
    expect(await may("template1")).toEqual([]);
    expect((await may("diabrisk")).map(({ role }) => role)).toEqual(
      ["cnpg_metrics_exporter", "owner", ...LOGIN_ROLES].sort(),
    );
    const url = postgres.server.url("postgres", "data_svc", PASSWORDS.data_svc);
    await expect(postgres.query(url, "select 1")).rejects.toMatchObject({ code: "42501" });
    const exporter = postgres.server.url("postgres", "cnpg_metrics_exporter", "exporter");
    expect(await postgres.query(exporter, "select 1 as n")).toEqual([{ n: 1 }]);
  });
});
