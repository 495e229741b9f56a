import { escapeIdentifier, escapeLiteral } from "pg";
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
  // dbmate's driver refuses fewer rounds of hashing, and the tests' own clients are spared them.
  beforeAll(async () => {
    const { superuser, password } = postgres.server;
    const role = `alter role ${escapeIdentifier(superuser)} password ${escapeLiteral(password)}`;
    await postgres.query(postgres.server.url(), `set scram_iterations = 4096; ${role}`);
  });

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

/**
 * As their documentation or sources have them, in a schema of any name where the tool allows that. None of these tools is
 * in a registry that is used here.
 */
const DOCUMENTED: Readonly<Partial<Record<OtherTool, string>>> = {
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
  alembic:
    "create table other.versions (version_num varchar(32) primary key); insert into other.versions values ('ae1027a6acf')",
  django:
    "create table django_migrations (id bigint generated by default as identity primary key, app varchar(255) not null, name varchar(255) not null, applied timestamptz not null)",
  drizzle: "create table other.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)",
  liquibase: `create table other.databasechangelog (id varchar(255) not null, author varchar(255) not null,
      filename varchar(255) not null, dateexecuted timestamp not null, orderexecuted int not null, exectype varchar(10) not null,
      md5sum varchar(35), description varchar(255), comments varchar(255), tag varchar(255), liquibase varchar(20));
    create table other.databasechangeloglock (id int primary key, locked boolean not null, lockgranted timestamp, lockedby varchar(255))`,
  typeorm: 'create table other.migrations (id serial primary key, "timestamp" bigint not null, name varchar not null)',
  mikroorm:
    "create table mikro_orm_migrations (id serial primary key, name varchar(255), executed_at timestamptz default now())",
  atlas: `create table other.atlas_schema_revisions (version varchar primary key, description varchar not null, type bigint not null default 2,
      applied bigint not null default 0, total bigint not null default 0, executed_at timestamptz not null, execution_time bigint not null,
      error text, error_stmt text, hash varchar not null, partial_hashes jsonb, operator_version varchar not null)`,
  sqitch: `create schema sqitch; create table sqitch.projects (project text primary key, uri text, created_at timestamptz, creator_name text, creator_email text);
    create table sqitch.changes (change_id text primary key, script_hash text, change text not null, project text not null,
      note text not null default '', committed_at timestamptz, committer_name text, committer_email text, planned_at timestamptz, planner_name text, planner_email text)`,
  supabase:
    "create schema supabase_migrations; create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text)",
  hasura:
    "create schema hdb_catalog; create table hdb_catalog.hdb_version (hasura_uuid uuid primary key default gen_random_uuid(), version text not null, upgraded_on timestamptz not null, cli_state jsonb not null default '{}', console_state jsonb not null default '{}')",
  ecto: "create table schema_migrations (version bigint primary key, inserted_at timestamp(0))",
  rails:
    "create table schema_migrations (version varchar primary key); create table ar_internal_metadata (key varchar primary key, value varchar, created_at timestamp not null, updated_at timestamp not null)",
  laravel: "create table other.migrations (id serial primary key, migration varchar(255) not null, batch int not null)",
  phinx: `create table other.log (version bigint primary key, migration_name varchar(100), start_time timestamp, end_time timestamp, breakpoint boolean not null default false)`,
  doctrine:
    "create table doctrine_migration_versions (version varchar(191) primary key, executed_at timestamp(0), execution_time int)",
  efcore:
    'create table other."History" ("MigrationId" varchar(150) primary key, "ProductVersion" varchar(32) not null)',
  sqlx: "create table _sqlx_migrations (version bigint primary key, description text not null, installed_on timestamptz not null default now(), success boolean not null, checksum bytea not null, execution_time bigint not null)",
  diesel:
    "create table __diesel_schema_migrations (version varchar(50) primary key, run_on timestamp not null default current_timestamp)",
};

test.each(Object.entries(DOCUMENTED))(
  "%s: a table as documented is refused, and adopted by one command",
  async (tool, sql) => {
    const url = await createUnrecorded(postgres);
    await postgres.query(url, [...CHANGES.map(({ up }) => up), "create schema other;", sql].join("\n"));
    await refusedThenAdopted(url, tool as OtherTool);
  },
);
