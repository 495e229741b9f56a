import type { Client, ClientConfig } from "pg";
import { isMigrateError, MigrateError, refusal } from "../base/errors";
import type { Settings } from "../base/options";
import { readCatalogue } from "../catalogue";
import { compareCatalogues } from "../catalogue/compare";
import type { Folder } from "../files/folder";
import { type Comparison, lateMigrations } from "../state/comparison";
import type { Drift } from "../state/verification";
import { alike, foreignSchemas } from "./alike";
import { NO_SCRATCH, withScratch } from "./database";
import { type MigratorOn, patient, session } from "./session";

export interface DriftCheck {
  readonly settings: Settings;
  readonly migratorOn: MigratorOn;
  /** Connected to the database to check. */
  readonly client: Client;
  readonly folder: Folder;
  readonly comparison: Comparison;
  /** An empty database to use instead of one that is created. */
  readonly scratch?: ClientConfig;
}

/**
 * Compares a database with a fresh one that the same files make.
 * @throws MigrateError `sql` if the files do not run on a fresh database, `refused` if `scratch` cannot be used
 */
export async function findDrift({
  settings,
  migratorOn,
  client,
  folder,
  comparison,
  scratch,
}: DriftCheck): Promise<Drift> {
  const reason = obstacle(folder, comparison);
  if (reason !== undefined) return unchecked(reason);
  const given = scratch && {
    connection: await alike(client, scratch),
    schemas: await foreignSchemas(client, settings.directory),
  };
  const expected = await withScratch(settings, given, async (connection) => {
    if (comparison.current > comparison.none)
      await migratorOn(connection).up({ to: comparison.current }).catch(onScratch);
    return session({ connection, ...patient(settings) }, readCatalogue);
  });
  if (!expected) return unchecked(`${NO_SCRATCH}.`);
  return { checked: true, differences: compareCatalogues(expected, await readCatalogue(client)) };
}

function unchecked(reason: string): Drift {
  return { checked: false, reason: `Drift was not checked: ${reason}`, differences: [] };
}

function obstacle(folder: Folder, comparison: Comparison): string | undefined {
  if (folder.problems.length + comparison.problems.length > 0) return "solve the problems first, then run this again.";
  if (comparison.ahead) return "the database is ahead of the files here. Use the release that it is at.";
  if (comparison.unfinished) return `version ${comparison.unfinished.version} is half done. Complete or undo it first.`;
  const late = lateMigrations(comparison).map(({ id }) => id);
  if (late.length > 0) return `${late.join(", ")} has not run, though what follows has. Renumber or run it first.`;
  return undefined;
}

function onScratch(error: unknown): never {
  if (!isMigrateError(error)) throw error;
  throw new MigrateError(error.exitCode, `On the scratch database, not on this one: ${error.message}`, error.details, {
    cause: error,
  });
}

/** The refusal of a command that needs a scratch database. */
export function noScratch() {
  return refusal("There is no database to test on:", [
    `${NO_SCRATCH[0]?.toUpperCase()}${NO_SCRATCH.slice(1)}. Name one, or connect as a role that may create databases.`,
  ]);
}
