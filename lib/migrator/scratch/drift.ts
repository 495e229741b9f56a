import type { Client, ClientConfig } from "pg";
import { readCatalogue } from "../catalogue";
import { compareCatalogues } from "../catalogue/compare";
import { isMigrateError, MigrateError, refusal } from "../errors";
import type { Folder } from "../folder";
import { createMigrator } from "../migrator";
import type { Settings } from "../options";
import { lateMigrations, type Plan } from "../plan";
import { alike, foreignSchemas } from "./alike";
import { NO_SCRATCH, withScratch } from "./database";
import { patient, session } from "./session";

/** What is in a database and not in a fresh one that the same files brought to the same version, and the reverse. */
export interface Drift {
  readonly checked: boolean;
  /** Why it was not checked, and what to do. */
  readonly reason?: string;
  /** `+ column users.nick text` is only in this database, `- …` is missing in it, `~ … fresh → here` differs. */
  readonly differences: readonly string[];
}

export interface DriftCheck {
  readonly settings: Settings;
  /** Connected to the database in question. */
  readonly client: Client;
  readonly folder: Folder;
  readonly plan: Plan;
  /** An empty database to use instead of one that is created. */
  readonly scratch?: ClientConfig;
}

/** @throws MigrateError `sql` if the files do not run on a fresh database, `refused` if `scratch` cannot be used */
export async function findDrift({ settings, client, folder, plan, scratch }: DriftCheck): Promise<Drift> {
  const reason = obstacle(folder, plan);
  if (reason !== undefined) return unchecked(reason);
  const given = scratch && {
    connection: await alike(client, scratch),
    schemas: await foreignSchemas(client, settings.directory),
  };
  const expected = await withScratch(settings, given, (connection) => migrated(settings, connection, plan.current));
  if (!expected) return unchecked(`${NO_SCRATCH}.`);
  return { checked: true, differences: compareCatalogues(expected, await readCatalogue(client)) };
}

function unchecked(reason: string): Drift {
  return { checked: false, reason: `Drift was not checked: ${reason}`, differences: [] };
}

function obstacle(folder: Folder, plan: Plan): string | undefined {
  if (folder.problems.length + plan.problems.length > 0) return "solve the problems first, then run this again.";
  if (plan.ahead) return "the database is ahead of the files here. Use the release that it is at.";
  if (plan.unfinished) return `version ${plan.unfinished.version} is half done. Complete or undo it first.`;
  const late = lateMigrations(plan).map(({ id }) => id);
  if (late.length > 0) return `${late.join(", ")} has not run, though what follows has. Renumber or run it first.`;
  return undefined;
}

/** The catalogue of a fresh database at a version. */
async function migrated(settings: Settings, connection: ClientConfig, version: number) {
  if (version > 0) await scratchMigrator(settings, connection).up({ to: version }).catch(onScratch);
  return session({ connection, ...patient(settings) }, readCatalogue);
}

function onScratch(error: unknown): never {
  if (!isMigrateError(error)) throw error;
  throw new MigrateError(error.exitCode, `On the scratch database, not on this one: ${error.message}`, error.details, {
    cause: error,
  });
}

/** As the one that is asked, but elsewhere, silent and without privileges, which are no migration's. */
export function scratchMigrator(settings: Settings, connection: ClientConfig) {
  return createMigrator({ ...settings, connection, privileges: "", log: () => {} });
}

/** For who cannot do without. */
export function noScratch() {
  return refusal("There is no database to test on:", [
    `${NO_SCRATCH[0]?.toUpperCase()}${NO_SCRATCH.slice(1)}. Name one, or connect as a role that may create databases.`,
  ]);
}
