import type { ClientConfig } from "pg";
import { LOGIN_ROLES, type LoginRole } from "../../lib/contract";
import { createMigrator } from "../../lib/migrator";
import { bootstrap, privilegesSql } from "../../lib/roles";
import type { BootstrapOptions } from "../../lib/roles/bootstrap";
import { MIGRATIONS } from "../migrations/support";
import type { TestPostgres } from "../support/postgres";

/** With every character that some layer between here and the server could take for its own. */
export const PASSWORDS = Object.fromEntries(
  LOGIN_ROLES.map((role) => [role, `${role} '"\\$%&/:@?#[]{}=;,+~`]),
) as Record<LoginRole, string>;

export class Cluster {
  constructor(private readonly postgres: TestPostgres) {}

  /** What a program connects with, as the superuser by default. */
  connection(database: string, user = "diabrisk", password = this.postgres.server.password): ClientConfig {
    const { host, port } = this.postgres.server;
    return { host, port, database, user, password };
  }

  /** An empty database. */
  async create(database: string): Promise<string> {
    await this.postgres.createDatabase(database);
    return database;
  }

  async bootstrap(
    database: string,
    options: Partial<Pick<BootstrapOptions, "passwords" | "testUsers" | "keeps">> = {},
  ) {
    const connection = this.connection(database);
    return (await bootstrap({ connection, passwords: PASSWORDS, connectTries: 1, ...options })).changed;
  }

  /** `migrate up`, as the command does it. */
  async up(database: string, user?: LoginRole): Promise<void> {
    const connection = user ? this.connection(database, user, PASSWORDS[user]) : this.connection(database);
    await createMigrator({ connection, directory: MIGRATIONS, privileges: privilegesSql() }).up();
  }

  /** One statement's rows, on a connection of its own. */
  async query<Row extends object = Record<string, unknown>>(
    database: string,
    sql: string,
    role?: LoginRole,
    password = role && PASSWORDS[role],
  ): Promise<Row[]> {
    return this.postgres.query<Row>(this.postgres.server.url(database, role, password), sql);
  }
}
