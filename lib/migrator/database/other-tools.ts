/** Migrators known by the name of their table. Each is a value of `baseline --from`. */
const TABLES = {
  goose: "public.goose_db_version",
  tern: "public.schema_version",
  "node-pg-migrate": "public.pgmigrations",
  "graphile-migrate": "graphile_migrate.migrations",
  flyway: "public.flyway_schema_history",
  prisma: "public._prisma_migrations",
  sequelize: "public.SequelizeMeta",
  knex: "public.knex_migrations",
} as const;

/** dbmate's table has golang-migrate's name, so its columns tell it. Rails's looks the same. */
export const OTHER_TOOLS = ["dbmate", ...(Object.keys(TABLES) as (keyof typeof TABLES)[])] as const;
export type OtherTool = (typeof OTHER_TOOLS)[number];

/** Names of the tables, with their schemas. */
export const OTHER_TABLES: readonly string[] = Object.values(TABLES);

/** Another tool's record of what it did to this database. */
export interface ForeignRecord {
  /** Null for a table in the way that belongs to no known tool. */
  readonly tool: OtherTool | null;
  /** With its schema. */
  readonly table: string;
  /** Columns of a table that is in the way. */
  readonly columns?: string;
}

/** Kind and columns of golang-migrate's table, as the catalogue's query writes them. */
const GOLANG_MIGRATE_SHAPE = "r version bigint not null, dirty boolean not null";
const DBMATE_SHAPE = /^r version (character varying(\(\d+\))?|text) not null$/;

export function isGolangMigrates(shape: string | null): boolean {
  return shape === GOLANG_MIGRATE_SHAPE;
}

/** `shape` is of public.schema_migrations, `tables` are those of OTHER_TABLES that exist. */
export function foreignRecords(shape: string | null, tables: readonly string[], adopted: boolean): ForeignRecord[] {
  if (shape !== null && !isGolangMigrates(shape)) {
    const tool = DBMATE_SHAPE.test(shape) ? "dbmate" : null;
    return [{ tool, table: "public.schema_migrations", columns: shape.slice(2) }];
  }
  // An adopted database may keep an old tool's table.
  if (adopted || shape !== null) return [];
  return Object.entries(TABLES)
    .filter(([, table]) => tables.includes(table))
    .map(([tool, table]) => ({ tool: tool as OtherTool, table }));
}

/** Explains why nothing may run on such a database, and what to do. */
export function describeForeign({ tool, table, columns }: ForeignRecord): string {
  if (tool === null) {
    return `${table} is another tool's: its columns are (${columns}), and not (version bigint not null, dirty boolean not null). Move it out of the way once nothing uses it any more.`;
  }
  const whose =
    tool === "dbmate"
      ? `${table} is dbmate's (or Rails's): its columns are (${columns}), so`
      : `${table} shows that ${tool} has migrated this database, so`;
  return (
    `${whose} what the database holds is not known here, and nothing is run on top of it. To adopt it, see which file is the newest whose changes the database has, ` +
    `and run \`migrate baseline --version N --from ${tool}\` (docs/adopting.md).`
  );
}

/** Problems with adopting a database as `from`'s; none if the record is there. */
export function checkForeign(found: readonly ForeignRecord[], from: string | undefined): string[] {
  if (from !== undefined && !found.some(({ tool }) => tool === from)) {
    const there = found.flatMap(({ tool }) => tool ?? []).join(", ");
    return [
      `--from is ${from}, but this database holds no record of ${from}'s${there ? `; it holds ${there}'s` : ". Leave --from out"}.`,
    ];
  }
  return found.filter(({ tool }) => tool === null || tool !== from).map(describeForeign);
}

/** SQL that moves a table with our table's name aside, rows and index included. Other tools' tables stay. */
export function moveAside(from: string | undefined): string {
  if (from !== "dbmate") return "";
  return "alter table public.schema_migrations set schema migrate;\nalter table migrate.schema_migrations rename to dbmate_schema_migrations;\n";
}
