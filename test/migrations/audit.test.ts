import { ROWS, SEEDED } from "./rows";
import { useMigratedDatabase } from "./support";

const database = useMigratedDatabase();

const ENTRY = {
  ...ROWS.audit_logs,
  ip_address: "203.0.113.7",
  user_agent: "Browser 1.0",
  request_metadata: { request_id: "r-1", ids: [1, 1.0], format: "csv" },
};
const FORGOTTEN = { ip_address: null, user_agent: null, request_metadata: { ids: [1, 1.0], format: "csv" } };

const entries = () => database.rows("select * from audit_logs order by id");

test.each([
  "update audit_logs set action = 'other'",
  "update audit_logs set actor_id = null",
  "update audit_logs set subject_id = null",
  "update audit_logs set action = action",
  "update audit_logs set ip_address = null, user_agent = null, request_metadata = request_metadata - 'request_id'",
  "delete from audit_logs",
  "truncate audit_logs",
  "insert into audit_logs overriding system value select * from audit_logs on conflict (id, \"timestamp\") do update set action = 'x'",
  'update audit_logs set "timestamp" = "timestamp" + interval \'1 month\'',
])("even the superuser is refused: %s", async (statement) => {
  await database.insert("audit_logs", ENTRY);
  const before = await entries();
  const error = await database.refusal(statement);
  expect(error.message).toMatch(/^audit_logs is append-only: (update|delete|truncate) refused$/);
  expect(error.hint).toMatch(/audit_logs_erase/);
  expect(await entries()).toEqual(before);
});

test("deleting a user leaves every entry as it was: who did it, and whose data it was", async () => {
  const entry = await database.insert("audit_logs", ENTRY);
  await database.rows("delete from users where id = $1", [SEEDED.user]);
  expect(await entries()).toEqual([entry]);
});

test.each(["delete from users", "truncate users cascade"])(
  "nothing reaches the log from elsewhere: %s",
  async (act) => {
    const entry = await database.insert("audit_logs", ENTRY);
    await database.rows(act);
    expect(await entries()).toEqual([entry]);
  },
);

test("an entry of somebody who connects directly names their role as the caller", async () => {
  expect(await database.insert("audit_logs", ENTRY)).toMatchObject({ caller: "diabrisk" });
});

test("a trigger that changes an entry is refused", async () => {
  await database.insert("audit_logs", ENTRY);
  await database.client.query(`
    create function forge() returns trigger language plpgsql as
      $$ begin update audit_logs set actor_id = null; return null; end $$;
    create trigger forge after insert on users for each row execute function forge();`);
  const error = await database.insertRefused("users", ROWS.users);
  expect(error.message).toBe("audit_logs is append-only: update refused");
});

test("the setting that lets those functions work helps nobody else's role", async () => {
  await database.insert("audit_logs", ENTRY);
  await database.client.query(`
    create role stranger; grant all on audit_logs to stranger; set local role stranger;
    set local diabrisk.audit_maintenance = 'delete'`);
  expect((await database.refusal("delete from audit_logs")).message).toMatch(/append-only/);
});

describe("audit_logs_erase(person)", () => {
  const erase = async (person: string | null) => {
    const [row] = await database.rows<{ erased: string }>("select audit_logs_erase($1) as erased", [person]);
    return Number(row?.erased);
  };

  test("forgets one user's requests, keeps what was done, and logs itself", async () => {
    const mine = await database.insert("audit_logs", ENTRY);
    const other = await database.insert("audit_logs", { ...ENTRY, actor_id: SEEDED.admin });
    expect(await erase(SEEDED.user)).toBe(1);
    const [first, second, third] = await entries();
    expect(first).toEqual({ ...mine, ...FORGOTTEN });
    expect(second).toEqual(other);
    expect(third).toMatchObject({
      action: "audit.erase",
      resource_type: "user",
      resource_id: SEEDED.user,
      ...{ actor_id: null, subject_id: SEEDED.user, caller: "diabrisk" },
    });
    expect(third?.request_metadata).toEqual({ entries: 1 });
  });

  test("changes nothing but that, not even while it works", async () => {
    await database.insert("audit_logs", ENTRY);
    await database.rows("select set_config('diabrisk.audit_maintenance', 'erase', true)");
    for (const change of [
      "request_metadata = '{}'",
      "request_metadata = request_metadata - 'ids'",
      "subject_id = null",
    ])
      expect((await database.refusal(`update audit_logs set ${change}`)).message).toMatch(/append-only/);
  });

  test("has nothing to forget of somebody a second time, and then does not log itself", async () => {
    await database.insert("audit_logs", ENTRY);
    expect([await erase(SEEDED.user), await erase(SEEDED.user)]).toEqual([1, 0]);
    expect((await entries()).filter(({ action }) => action === "audit.erase")).toHaveLength(1);
  });

  test("is not undone by an entry that comes late", async () => {
    const stranger = "00000000-0000-4000-8000-000000000000";
    const late = await database.insert("audit_logs", { ...ENTRY, actor_id: stranger });
    expect(late).toMatchObject({ ...FORGOTTEN, actor_id: stranger });
    expect(await database.insert("audit_logs", ENTRY)).toMatchObject(ENTRY);
    expect(await database.insert("audit_logs", { ...ENTRY, actor_id: null })).toMatchObject({
      ip_address: "203.0.113.7",
    });
  });

  test("reaches every month", async () => {
    for (const time of ["2001-01-01", "2002-05-05"]) await database.insert("audit_logs", { ...ENTRY, timestamp: time });
    await database.rows("select audit_logs_make_partitions(0)");
    await database.insert("audit_logs", { ...ENTRY, timestamp: "2003-05-05" });
    expect(await erase(SEEDED.user)).toBe(3);
  });

  test("leaves the log as closed as it was", async () => {
    await database.insert("audit_logs", ENTRY);
    await erase(SEEDED.user);
    expect((await database.refusal("update audit_logs set user_agent = null")).code).toBe("23001");
    expect((await database.refusal("delete from audit_logs")).code).toBe("23001");
  });

  test("without a person says so", async () => {
    expect((await database.refusal("select audit_logs_erase(null)")).message).toBe("person is null");
  });
});
