import { run } from "../../bench/process";
import { GOOSE } from "../../bench/tools";
import { EXIT } from "../../lib/contract";
import type { OtherTool } from "../../lib/migrator/database/other-tools";
import { failure, migratorFor, publicTables, recorded, writes } from "../migrator/support/database";
import { makeFolder } from "../migrator/support/folder";
import { usePostgres } from "../support/postgres";
import { createUnrecorded, effects, ups, witnesses } from "./support/effects";
import { type Change, GO_PEERS, NPM_PEERS, type Peer, type Programs, useNpmTools } from "./support/peers";
import { describeUnless, lacksGo, succeeded } from "./support/programs";

const postgres = usePostgres();

/** What the others ran: the same as the first two of ours. */
const CHANGES: readonly Change[] = [1, 2].map((n) => ({
  name: `t${n}`,
  up: witnesses(n)[`00000${n}_t${n}.up.sql`] as string,
  down: witnesses(n)[`00000${n}_t${n}.down.sql`] as string,
}));

const PROGRAM_LIMIT_MS = 600_000;

/** Refused by name, with the command; that command adopts; then only what is new runs, and nothing twice. */
async function refusedThenAdopted(url: string, tool: OtherTool): Promise<void> {
  const folder = makeFolder(witnesses(3));
  expect(await effects(postgres, url)).toBe(ups(2));
  const before = await writes(postgres, url);
  const attempts = [
    migratorFor(url, folder).up(),
    migratorFor(url, folder).down({ to: 0 }),
    migratorFor(url, folder).baseline({ version: 2 }),
    migratorFor(url, folder).baseline({ version: 2, from: tool === "knex" ? "goose" : "knex" }),
  ];
  for (const attempt of attempts) {
    const error = await failure(attempt);
    expect(error.exitCode).toBe(EXIT.refused);
    expect(error.message).toContain(tool);
  }
  expect((await migratorFor(url, folder).status()).problems).toEqual([
    expect.stringContaining(`migrate baseline --version N --from ${tool}`),
  ]);
  expect(await writes(postgres, url)).toBe(before);

  expect(await migratorFor(url, folder).baseline({ version: 2, from: tool })).toMatchObject({ recorded: [1, 2] });
  expect(await migratorFor(url, folder).up()).toMatchObject({ version: 3, applied: [{ version: 3 }] });
  expect(await effects(postgres, url)).toBe(ups(3));
  expect(await recorded(postgres, url)).toEqual({
    history: "1:baseline 2:baseline 3:applied",
    version: "3,false",
  });
  expect(await migratorFor(url, folder).verify()).toMatchObject({ problems: [] });
}

function madeBy(peers: readonly Peer[], programs: () => Programs): void {
  test.each(peers.map((peer) => [peer.tool, peer] as const))(
    "%s: a database that it made is refused, and adopted by one command",
    async (tool, peer) => {
      const url = await createUnrecorded(postgres);
      const command = await peer.command(url, makeFolder(peer.files(CHANGES)), programs());
      await succeeded(run(command));
      await refusedThenAdopted(url, tool);
    },
    PROGRAM_LIMIT_MS,
  );
}

describeUnless(lacksGo(GOOSE), "tools that are written in Go", () => madeBy(GO_PEERS, () => ""));

describe("tools that npm has", () => {
  madeBy(NPM_PEERS, useNpmTools());

  test("dbmate's rows are kept, out of the way", async () => {
    const url = await createUnrecorded(postgres);
    await postgres.query(url, "create table schema_migrations (version varchar primary key)");
    await postgres.query(url, "insert into schema_migrations values ('20240101000001')");
    await migratorFor(url, makeFolder(witnesses(1))).baseline({ version: 1, from: "dbmate" });
    expect(await postgres.query(url, "select * from migrate.dbmate_schema_migrations")).toEqual([
      { version: "20240101000001" },
    ]);
    expect(await publicTables(postgres, url)).toEqual(["schema_migrations"]);
  });
});

/** As their documentation has them; neither is in a registry that is used here. */
const DOCUMENTED: Partial<Record<OtherTool, string>> = {
  flyway: `create table flyway_schema_history (
      installed_rank int not null constraint flyway_schema_history_pk primary key, version varchar(50),
      description varchar(200) not null, type varchar(20) not null, script varchar(1000) not null, checksum int,
      installed_by varchar(100) not null, installed_on timestamp not null default now(),
      execution_time int not null, success boolean not null);
    insert into flyway_schema_history values (1, '1', 't1', 'SQL', 'V1__t1.sql', 7, 'u', now(), 3, true),
      (2, '2', 't2', 'SQL', 'V2__t2.sql', 8, 'u', now(), 3, true)`,
  prisma: `create table _prisma_migrations (
      id varchar(36) primary key, checksum varchar(64) not null, finished_at timestamptz,
      migration_name varchar(255) not null, logs text, rolled_back_at timestamptz,
      started_at timestamptz not null default now(), applied_steps_count int not null default 0);
    insert into _prisma_migrations values ('a', 'b', now(), '20240101000001_t1', null, null, now(), 1)`,
};

test.each(Object.entries(DOCUMENTED))(
  "%s: a table as documented is refused, and adopted by one command",
  async (tool, sql) => {
    const url = await createUnrecorded(postgres);
    await postgres.query(url, [...CHANGES.map(({ up }) => up), sql].join("\n"));
    await refusedThenAdopted(url, tool as OtherTool);
  },
);
