import { Client } from "pg";
import { ROWS } from "./rows";
import { keep, useMigratedDatabase } from "./support";

const database = useMigratedDatabase();

const ENTRY = ROWS.audit_logs;
const at = (timestamp: string) => database.insert("audit_logs", { ...ENTRY, timestamp });

/** Name of the partition of a month that comes so many months after this one. */
const month = (ahead: number) => {
  const now = new Date();
  const [year, number] = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead)).toISOString().split("-");
  return `audit.logs_${year}_${number}`;
};

const partitions = async () =>
  (
    await database.rows<{ name: string }>(
      "select inhrelid::regclass::text as name from pg_inherits where inhparent = 'audit_logs'::regclass order by 1",
    )
  ).map(({ name }) => name);

const make = async (ahead: number | null) => {
  const [row] = await database.rows<{ made: number }>("select audit_logs_make_partitions($1) as made", [ahead]);
  return row?.made;
};

beforeAll(() => keep(database, { auditMonths: 1 }));

const expire = (before: string | null) =>
  database.rows<{ partition: string; entries: number }>("select partition, entries::int from audit_logs_expire($1)", [
    before,
  ]);

const places = () =>
  database.rows<{ place: string; time: string }>(
    `select tableoid::regclass::text as place, to_char("timestamp" at time zone 'utc', 'YYYY-MM-DD') as time
     from audit_logs order by "timestamp"`,
  );

const inDefault = async () => (await database.rows<{ is: boolean }>("select audit_logs_in_default() as is"))[0]?.is;

test("the migrations make this month, twelve ahead, and the default partition", async () => {
  const months = Array.from({ length: 13 }, (_, ahead) => month(ahead));
  expect(await partitions()).toEqual([...months, "audit.logs_default"]);
  await database.insert("audit_logs", ENTRY);
  expect((await places()).map(({ place }) => place)).toEqual([month(0)]);
});

describe("every partition, named directly", () => {
  test.each(["owner", "superuser"])("refuses the %s to change it", async (who) => {
    await at("2001-01-01");
    await make(13);
    await at("2002-01-01");
    if (who === "owner")
      await database.client.query(`
        create role proprietor; grant all on schema audit, public to proprietor;
        do $$ declare one text; begin
          for one in select inhrelid::regclass from pg_inherits where inhparent = 'audit_logs'::regclass
            union all select 'audit_logs' loop
            execute format('alter table %s owner to proprietor', one);
          end loop;
        end $$;
        set local role proprietor`);
    for (const name of await partitions()) {
      expect([name, (await database.refusal(`truncate ${name}`)).message]).toEqual([
        name,
        expect.stringMatching(/append/),
      ]);
    }
    for (const name of ["audit.logs_2001_01", "audit.logs_default"])
      for (const change of [`delete from ${name}`, `update ${name} set action = 'x'`, `delete from only ${name}`]) {
        const error = await database.refusal(change);
        expect([change, error.message]).toEqual([change, expect.stringMatching(/^audit_logs is append-only: /)]);
      }
  });

  test("has every trigger", async () => {
    await at("2001-01-01");
    await make(13);
    const triggers = await database.rows(`
      select inhrelid::regclass::text as name, array_agg(tgname::text order by tgname) as triggers
      from pg_inherits left join pg_trigger on tgrelid = inhrelid and tgenabled = 'O'
      where inhparent = 'audit_logs'::regclass group by 1 order by 1`);
    expect(triggers).toHaveLength(16);
    for (const row of triggers)
      expect(row).toMatchObject({
        triggers: ["audit_logs_hold_person", "audit_logs_refuse_change", "audit_logs_refuse_truncate"],
      });
  });

  test("takes no entry of another month", async () => {
    const values = `(id, action, resource_type, "timestamp") values (1, 'x', 'y', '2001-01-01')`;
    expect((await database.refusal(`insert into ${month(0)} ${values}`)).code).toBe("23514");
  });
});

test("somebody with every privilege on the table can neither detach nor attach a partition", async () => {
  await database.client.query(`
    create role stranger; grant all on audit_logs to stranger; grant all on schema public to stranger;
    grant usage on schema audit to stranger; grant all on all tables in schema audit to stranger; set local role stranger;
    create table mine (like audit_logs)`);
  for (const change of [
    `alter table audit_logs detach partition ${month(0)}`,
    `drop table ${month(0)}`,
    `alter table ${month(0)} disable trigger all`,
    "alter table audit_logs attach partition mine for values from ('1999-01-01') to ('1999-02-01')",
  ])
    expect([change, (await database.refusal(change)).code]).toEqual([change, "42501"]);
});

describe("audit_logs_make_partitions(months_ahead)", () => {
  test("makes what is missing, once", async () => {
    expect(await make(12)).toBe(0);
    expect(await make(14)).toBe(2);
    expect(await make(14)).toBe(0);
    expect(await partitions()).toContain(month(14));
  });

  test("makes this month, too, if nobody has for long", async () => {
    await database.client.query(`drop table ${month(0)}, ${month(1)}`);
    const entry = await database.insert("audit_logs", ENTRY);
    expect(await inDefault()).toBe(true);
    expect(await make(2)).toBe(2);
    expect(await inDefault()).toBe(false);
    expect((await places()).map(({ place }) => place)).toEqual([month(0)]);
    expect(await database.rows("select * from audit_logs")).toEqual([entry]);
  });

  test("moves entries of the default partition into months of their own, but for those to come", async () => {
    for (const time of ["2001-01-31T23:59:59.999999Z", "2001-02-01T00:00:00Z", "2090-01-01T00:00:00Z"]) await at(time);
    const before = await database.rows("select * from audit_logs order by id");
    expect(await make(0)).toBe(2);
    expect(await places()).toEqual([
      { place: "audit.logs_2001_01", time: "2001-01-31" },
      { place: "audit.logs_2001_02", time: "2001-02-01" },
      { place: "audit.logs_default", time: "2090-01-01" },
    ]);
    expect(await database.rows("select * from audit_logs order by id")).toEqual(before);
    expect(await inDefault()).toBe(true);
    expect((await database.refusal("delete from audit_logs")).message).toMatch(/append-only/);
  });

  test("counts months by UTC, whatever the session's settings", async () => {
    await database.client.query("set local timezone = 'Pacific/Kiritimati'; set local datestyle = 'SQL, DMY'");
    await at("2001-01-31T23:59:59Z");
    expect(await make(13)).toBe(2);
    expect((await expire("2001-01-31T23:59:59Z")).length).toBe(0);
    expect(await expire("2001-02-01T00:00:00Z")).toEqual([{ partition: "audit.logs_2001_01", entries: 1 }]);
  });

  test.each([null, -1, 61])("refuses %s", async (ahead) => {
    const { message } = await database.refusal("select audit_logs_make_partitions($1)", [ahead]);
    expect(message).toBe(`months_ahead is ${ahead}, which is not 0 to 60`);
  });

  test("says so where another table has the name", async () => {
    await database.client.query(`create table ${month(13)} ()`);
    expect((await database.refusal("select audit_logs_make_partitions(13)")).message).toMatch(/already exists/);
  });
});

describe("audit_logs_expire(expire_before)", () => {
  test("drops whole months before it and no other, and logs each", async () => {
    for (const time of ["2001-01-01", "2001-01-31", "2001-02-28", "2001-03-01"]) await at(time);
    await make(0);
    expect(await expire("2001-03-01T00:00:00Z")).toEqual([
      { partition: "audit.logs_2001_01", entries: 2 },
      { partition: "audit.logs_2001_02", entries: 1 },
    ]);
    expect(await partitions()).not.toContain("audit.logs_2001_02");
    expect((await places()).map(({ place }) => place)).toEqual(["audit.logs_2001_03", month(0), month(0)]);
    const log = await database.rows("select * from audit_logs where action = 'audit.expire' order by id");
    expect(log).toMatchObject([
      { resource_type: "audit_log", resource_id: "audit.logs_2001_01", caller: "diabrisk", subject_id: null },
      { resource_id: "audit.logs_2001_02" },
    ]);
    expect(log[0]?.request_metadata).toEqual({ before: "2001-03-01T00:00:00+00:00", entries: 2 });
    expect(await expire("2001-03-31T00:00:00Z")).toEqual([]);
    expect(await database.rows("select from audit_logs where action = 'audit.expire'")).toHaveLength(2);
  });

  test("deletes what is older from the default partition", async () => {
    await at("2001-01-01");
    await at("2001-02-01");
    expect(await expire("2001-02-01T00:00:00Z")).toEqual([{ partition: "audit.logs_default", entries: 1 }]);
    expect((await places())[0]).toEqual({ place: "audit.logs_default", time: "2001-02-01" });
    expect((await database.refusal("delete from audit_logs")).code).toBe("23001");
  });

  test.each(["now", "infinity", new Date(Date.now() - 29 * 86_400_000).toISOString()])(
    "refuses %s: too young",
    async (time) => {
      const error = await database.refusal("select audit_logs_expire($1)", [time]);
      expect(error.message).toMatch(/but entries are kept for 1 months/);
    },
  );

  test("without a time says so", async () => {
    expect((await database.refusal("select audit_logs_expire(null)")).message).toBe("expire_before is null");
  });
});

describe("beside others", () => {
  const session = async () => {
    const client = new Client({ connectionString: database.url });
    await client.connect();
    return client;
  };

  afterEach(async () => {
    await database.client.query("rollback; begin");
    await database.rows("select audit_logs_make_partitions(14)");
    await database.client.query("commit; begin");
  });

  test("two at a time make each partition once", async () => {
    const sessions = [await session(), await session(), await session()];
    const made = await Promise.all(
      sessions.map(
        async (client) => (await client.query("select audit_logs_make_partitions(18) as made")).rows[0].made,
      ),
    );
    await Promise.all(sessions.map((client) => client.end()));
    expect(made.sort()).toEqual([0, 0, 6]);
  });

  test("writers go on while this month is taken out of the default partition, and no entry is lost", async () => {
    await database.client.query("rollback");
    await database.rows(`drop table ${month(0)}`);
    let written = 0;
    let done = false;
    const write = async () => {
      const client = await session();
      while (!done) {
        await client.query("insert into audit_logs (action, resource_type) values ('race', 'x')");
        written++;
      }
      await client.end();
    };
    const writers = [write(), write()];
    while (written < 50) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await inDefault()).toBe(true);
    await database.rows("select audit_logs_make_partitions(0)");
    const before = written;
    while (written < before + 50) await new Promise((resolve) => setTimeout(resolve, 5));
    done = true;
    await Promise.all(writers);
    const [row] = await database.rows(`
      select count(*)::int as entries, array_agg(distinct tableoid::regclass::text) as places
      from audit_logs where action = 'race'`);
    expect(row).toEqual({ entries: written, places: [month(0)] });
    await database.client.query("begin");
  });

  test("months ahead are made while somebody writes, and nothing is made while somebody reads the default partition", async () => {
    const [writer, reader] = [await session(), await session()];
    await writer.query("begin; insert into audit_logs (action, resource_type) values ('held', 'x')");
    expect(await make(20)).toBeGreaterThan(0);
    await database.client.query("rollback; begin");
    await reader.query("begin; select from audit_logs where action = 'none'");
    expect((await database.refusal("select audit_logs_make_partitions(20)")).code).toBe("55P03");
    await writer.query("rollback");
    await reader.query("rollback");
    await Promise.all([writer.end(), reader.end()]);
  });

  test("expiry waits 2 s for a writer and gives up, with all as it was", async () => {
    await at("2001-01-01");
    await make(0);
    await database.client.query("commit; begin");
    const writer = await session();
    await writer.query("begin; insert into audit_logs (action, resource_type) values ('held', 'x')");
    expect((await database.refusal("select audit_logs_expire('2002-01-01')")).code).toBe("55P03");
    expect(await partitions()).toContain("audit.logs_2001_01");
    await writer.query("rollback");
    await writer.end();
    expect(await expire("2002-01-01T00:00:00Z")).toEqual([{ partition: "audit.logs_2001_01", entries: 1 }]);
  });
});
