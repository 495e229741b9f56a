import { describeColumns, type FoundTable, isSame, type TableName, tableSql } from "./found-table";

/** Signs of a migrator's record. One of names and columns is enough, unless `both` is set. */
interface Shape {
  /** Names of the table, with a schema where only that makes them certain. */
  readonly names?: readonly string[];
  /** Columns that it has, under any name; the first one is rare elsewhere. */
  readonly columns?: readonly string[];
  /** Whether it has no other columns. @default false */
  readonly exact?: boolean;
  /** Whether names and columns are needed, since others have such names. @default false */
  readonly both?: boolean;
}

/** Records of other migrators, as the tools create them; the more particular first. Each is a value of `baseline --from`. */
const SHAPES = {
  goose: { names: ["goose_db_version"], columns: ["is_applied", "version_id"] },
  "db-migrate": { names: ["migrations"], columns: ["run_on", "name"], both: true },
  "node-pg-migrate": { names: ["pgmigrations"], columns: ["run_on", "name"] },
  "graphile-migrate": { names: ["graphile_migrate.migrations"], columns: ["previous_hash", "filename"] },
  flyway: { names: ["flyway_schema_history"], columns: ["installed_rank", "script"] },
  prisma: { names: ["_prisma_migrations"], columns: ["applied_steps_count", "migration_name"] },
  knex: { names: ["knex_migrations"], columns: ["migration_time", "batch"] },
  alembic: { names: ["alembic_version"], columns: ["version_num"], exact: true },
  liquibase: { names: ["databasechangelog"], columns: ["orderexecuted", "exectype"] },
  laravel: { columns: ["batch", "migration"] },
  phinx: { names: ["phinxlog"], columns: ["breakpoint", "migration_name"] },
  atlas: { names: ["atlas_schema_revisions"], columns: ["partial_hashes", "executed_at"] },
  sqitch: { names: ["sqitch.changes"], columns: ["script_hash", "change_id"] },
  efcore: { names: ["__EFMigrationsHistory"], columns: ["ProductVersion", "MigrationId"] },
  evolutions: { names: ["play_evolutions"], columns: ["apply_script", "revert_script"] },
  supabase: { names: ["supabase_migrations.schema_migrations"] },
  hasura: { names: ["hdb_catalog.schema_migrations"], columns: ["hasura_uuid", "cli_state"] },
  tern: { names: ["schema_version"] },
  sequelize: { names: ["SequelizeMeta"] },
  django: { names: ["django_migrations"] },
  drizzle: { names: ["__drizzle_migrations"] },
  typeorm: { columns: ["timestamp", "id", "name"], exact: true },
  mikroorm: { names: ["mikro_orm_migrations"] },
  ecto: { names: ["schema_migrations"], columns: ["version", "inserted_at"], exact: true, both: true },
  rails: { names: ["ar_internal_metadata"] },
  dbmate: { names: ["schema_migrations"], columns: ["version"], exact: true, both: true },
  sqlx: { names: ["_sqlx_migrations"] },
  diesel: { names: ["__diesel_schema_migrations"] },
  refinery: { names: ["refinery_schema_history"] },
  doctrine: { names: ["doctrine_migration_versions"] },
  yoyo: { names: ["_yoyo_migration"] },
  kysely: { names: ["kysely_migration"] },
  bun: { names: ["bun_migrations"] },
  "sql-migrate": { names: ["gorp_migrations"] },
  "postgres-migrations": { names: ["migrations"], columns: ["hash", "executed_at"], both: true },
} as const satisfies Readonly<Record<string, Shape>>;

export type OtherTool = keyof typeof SHAPES;
export const OTHER_TOOLS = Object.keys(SHAPES) as readonly OtherTool[];
const ENTRIES = Object.entries(SHAPES) as [OtherTool, Shape][];

/** Names and columns by which records are searched for. */
export const RECORD_NAMES: readonly string[] = [
  ...new Set(ENTRIES.flatMap(([, { names = [] }]) => names.map((name) => name.split(".").at(-1) ?? name))),
];
export const RECORD_COLUMNS: readonly string[] = [
  ...new Set(ENTRIES.flatMap(([, { columns = [], both }]) => (both ? [] : columns.slice(0, 1)))),
];

/** Another tool's record of what it did to this database. */
export interface ForeignRecord {
  /** Null for a table in the way that belongs to no known tool. */
  readonly tool: OtherTool | null;
  readonly table: FoundTable;
  /** Whether it has the place and name of golang-migrate's table. */
  readonly inTheWay: boolean;
}

/** Finds the tool whose record a table is; undefined if it is none's that is known. */
export function toolOf(table: FoundTable): OtherTool | undefined {
  return ENTRIES.find(([, shape]) => has(shape, table))?.[0];
}

function has({ names = [], columns = [], exact, both }: Shape, table: FoundTable): boolean {
  if (!"rp".includes(table.kind)) return false;
  const named = names.some((name) => name === table.name || name === `${table.schema}.${table.name}`);
  const shaped =
    columns.length > 0 &&
    columns.every((wanted) => table.columns.some(({ name }) => name === wanted)) &&
    !(exact && table.columns.length !== columns.length);
  return both ? named && shaped : named || shaped;
}

/** Records of other tools among the tables, and what is in the way of golang-migrate's table at `place`. */
export function foreignRecords(tables: readonly FoundTable[], place: TableName): ForeignRecord[] {
  const records = tables.flatMap((table) => {
    const inTheWay = isSame(table, place);
    const tool = railsOr(toolOf(table), table, tables) ?? null;
    return tool !== null || inTheWay ? [{ tool, table, inTheWay }] : [];
  });
  // A tool with several tables is told of once.
  const first = (record: ForeignRecord) => records.find(({ tool }) => tool === record.tool);
  const way = (tool: OtherTool | null) => records.some((record) => record.tool === tool && record.inTheWay);
  return records.filter((record) => record.inTheWay || (!way(record.tool) && first(record) === record));
}

/** Rails's table of versions looks like dbmate's, and lies beside one of its own. */
function railsOr(tool: OtherTool | undefined, table: FoundTable, tables: readonly FoundTable[]): OtherTool | undefined {
  const beside = tables.some((other) => other.schema === table.schema && toolOf(other) === "rails");
  return tool === "dbmate" && beside ? "rails" : tool;
}

/** Explains why nothing may run on such a database, and what to do. */
export function describeForeign({ tool, table, inTheWay }: ForeignRecord): string {
  const name = tableSql(table);
  if (tool === null) {
    return `${name} is another tool's: its columns are (${describeColumns(table)}), and not (version bigint not null, dirty boolean not null). Move it out of the way once nothing uses it any more.`;
  }
  const whose = inTheWay
    ? `${name} is ${tool}'s: its columns are (${describeColumns(table)}), so`
    : `${name} shows that ${tool} has migrated this database, so`;
  const other = inTheWay
    ? ""
    : ` If ${tool} looks after other tables than these files, --allow-existing runs them beside it.`;
  return (
    `${whose} what the database holds is not known here, and nothing is run on top of it. To adopt it, see which file is the newest whose changes the database has, ` +
    `and run \`migrate baseline --version N --from ${tool}\` (docs/adopting.md).${other}`
  );
}

/** Problems with adopting a database as `from`'s; none if the record is there. `allowed` waives those beside it. */
export function checkForeign(found: readonly ForeignRecord[], from: string | undefined, allowed: boolean): string[] {
  if (from !== undefined && !found.some(({ tool }) => tool === from)) {
    const there = [...new Set(found.flatMap(({ tool }) => tool ?? []))].join(", ");
    return [
      `--from is ${from}, but this database holds no record of ${from}'s${there ? `; it holds ${there}'s` : ". Leave --from out"}.`,
    ];
  }
  const left = found.filter(({ tool, inTheWay }) => (tool === null || tool !== from) && !(allowed && !inTheWay));
  return left.map(describeForeign);
}

/** SQL that moves a table in the way aside, rows and index included. Other tools' other tables stay. */
export function moveAside(found: readonly ForeignRecord[], from: string | undefined): string {
  const foreign = found.find(({ tool, inTheWay }) => inTheWay && tool !== null && tool === from);
  if (!foreign) return "";
  const { name } = foreign.table;
  const moved = tableSql({ schema: "migrate", name });
  return `alter table ${tableSql(foreign.table)} set schema migrate;\nalter table ${moved} rename to ${from?.replaceAll("-", "_")}_schema_migrations;\n`;
}
