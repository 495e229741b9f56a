import type { Client, ClientConfig } from "pg";
import { isMigrateError, MigrateError, refusal } from "../base/errors";
import type { Settings } from "../base/options";
import { readCatalogue } from "../catalogue";
import { compareBut, type Ignore } from "../catalogue/ignore";
import { readOnlyBy } from "../database/read-only";
import type { Folder } from "../files/folder";
import { type Comparison, lateMigrations } from "../state/comparison";
import type { Drift } from "../state/verification";
import { alike, foreignTo } from "./alike";
import { NO_SCRATCH, withScratch } from "./database";
import { asHere, type Fresh } from "./expected";
import { createsPlace } from "./files";
import type { Scratch } from "./scratch";
import type { MigratorOn } from "./session";
import { prevented } from "./unmade";

export interface DriftCheck {
  readonly settings: Settings;
  readonly migratorOn: MigratorOn;
  /** Connected to the database to check. */
  readonly client: Client;
  readonly folder: Folder;
  readonly comparison: Comparison;
  /** Whether the database is on a standby, where no database can be made. */
  readonly standby: boolean;
  /** An empty database to use instead of one that is created. */
  readonly scratch?: ClientConfig;
  /** Objects that are no drift. @default none */
  readonly ignore?: readonly Ignore[];
}

/**
 * Compares a database with a fresh one that the same files make.
 * @throws MigrateError `sql` if the files do not run on a fresh database, `refused` if `scratch` cannot be used
 */
export async function findDrift(check: DriftCheck): Promise<Drift> {
  const { settings, client, folder, comparison, standby, ignore = [] } = check;
  const reason = obstacle(folder, comparison) ?? (check.scratch ? undefined : unwritable(standby, client));
  if (reason !== undefined) return unchecked(reason);
  const migrations = folder.migrations.filter(({ version }) => version <= comparison.current);
  const foreign = await foreignTo(client, migrations);
  const given = check.scratch && { connection: await alike(client, check.scratch), foreign };
  const options = { given, foreignOf: async () => foreign, trial: false };
  const made = await withScratch(settings, options, (scratch) => fresh(scratch, check));
  if (!made) return unchecked(`${NO_SCRATCH}.`);
  if ("reason" in made) return unchecked(made.reason);
  const actual = await readCatalogue(client);
  return { checked: true, ...compareBut(ignore, asHere(made, actual, foreign), actual) };
}

async function fresh(
  scratch: Scratch,
  { migratorOn, folder, comparison }: DriftCheck,
): Promise<Fresh | { readonly reason: string }> {
  const beginning = await scratch.session(readCatalogue);
  const migrator = migratorOn(scratch.connection);
  const before = folder.migrations.filter(({ version }) => version < comparison.current);
  // An administrator's extension may need a schema that a file makes.
  const places = scratch.unmade.length > 0 ? before.filter(createsPlace).map(({ version }) => version) : [];
  try {
    for (const to of [...places, comparison.current].filter((version) => version > comparison.none)) {
      await migrator.up({ to });
      await scratch.makeMissing();
    }
  } catch (error) {
    const reason = prevented(error, scratch);
    if (reason === undefined) throw onScratch(error);
    return { reason };
  }
  return { beginning, made: await scratch.session(readCatalogue) };
}

function unchecked(reason: string): Drift {
  return { checked: false, reason: `Drift was not checked: ${reason}`, differences: [], ignored: [], useless: [] };
}

function obstacle(folder: Folder, comparison: Comparison): string | undefined {
  if (folder.problems.length + comparison.problems.length > 0) return "solve the problems first, then run this again.";
  if (comparison.ahead) return "the database is ahead of the files here. Use the release that it is at.";
  if (comparison.unfinished) return `version ${comparison.unfinished.version} is half done. Complete or undo it first.`;
  const late = lateMigrations(comparison).map(({ id }) => id);
  if (late.length > 0) return `${late.join(", ")} has not run, though what follows has. Renumber or run it first.`;
  return undefined;
}

function unwritable(standby: boolean, client: Client): string | undefined {
  if (standby)
    return "the server is a standby, on which no scratch database can be made. Name an empty one elsewhere with --scratch, or verify the primary.";
  const origin = readOnlyBy(client);
  return (
    origin &&
    `the server takes no writes (default_transaction_read_only is on by ${origin}), so no scratch database can be made there. Name an empty one elsewhere with --scratch, or run this again when it does.`
  );
}

function onScratch(error: unknown): unknown {
  if (!isMigrateError(error)) return error;
  return new MigrateError(error.exitCode, `On the scratch database, not on this one: ${error.message}`, error.details, {
    cause: error,
  });
}

/** The refusal of a command that needs a scratch database. */
export function noScratch() {
  return refusal("There is no database to test on:", [
    `${NO_SCRATCH[0]?.toUpperCase()}${NO_SCRATCH.slice(1)}. Name one, or connect as a role that may create databases.`,
  ]);
}
