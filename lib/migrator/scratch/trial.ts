import type { Client, ClientConfig } from "pg";
import { isMigrateError, type MigrateError, refusal } from "../base/errors";
import { count, duration } from "../base/events";
import type { Settings } from "../base/options";
import { type CatalogueEntry, readCatalogue } from "../catalogue";
import { compareCatalogues } from "../catalogue/compare";
import { connect } from "../database/connection";
import { type Migration, readFolder } from "../files/folder";
import { hasWayBack } from "../state/scripts";
import { withScratch } from "./database";
import { noScratch } from "./drift";
import { differences, look } from "./look";
import type { MigratorOn, ScratchMigrator } from "./session";

/**
 * `ok`: down undoes up, and the second up makes the same again. `different`: it does not. `failed`: a file's SQL
 * failed. `irreversible`: the down file raises an exception to say so. `no-down`: there is no down file, or nothing in it.
 */
export type TrialState = "ok" | "different" | "failed" | "irreversible" | "no-down";

export interface Tried {
  readonly version: number;
  readonly name: string;
  readonly state: TrialState;
  readonly milliseconds: number;
  /** Differences as lines, or the failure's message. */
  readonly problems: readonly string[];
}

export interface TrialResult {
  readonly migrations: readonly Tried[];
  /**
   * Result of going down to nothing and up again at once, after the last file. Absent if something stood in the way.
   */
  readonly whole?: { readonly problems: readonly string[] };
  /** Whether every down file undoes its up file or declares that it cannot. */
  readonly passed: boolean;
}

/** Runs every migration up, down and up again on a scratch database. @throws MigrateError `refused` without one */
export async function tryAll(
  settings: Settings,
  migratorOn: MigratorOn,
  scratch: ClientConfig | undefined,
): Promise<TrialResult> {
  const folder = await readFolder(settings.directory);
  if (folder.problems.length > 0) throw refusal(`Refused. ${folder.directory}:`, folder.problems);
  const result = await withScratch(settings, scratch && { connection: scratch, schemas: "" }, async (connection) => {
    const { connectTries: tries, signal } = settings;
    const client = await connect({
      connection,
      purpose: "migrate test",
      tries: () => tries,
      ...(signal && { signal }),
    });
    try {
      return await new Trial(settings, client, migratorOn(connection)).run(folder.migrations);
    } finally {
      await client.end();
    }
  });
  if (!result) throw noScratch();
  return result;
}

class Trial {
  constructor(
    private readonly settings: Settings,
    private readonly client: Client,
    private readonly migrator: ScratchMigrator,
  ) {}

  async run(migrations: readonly Migration[]): Promise<TrialResult> {
    const nothing = await readCatalogue(this.client);
    const tried: Tried[] = [];
    for (const migration of migrations) {
      const one = await this.#one(migration);
      tried.push(one);
      this.#tell(one, migrations);
      // Later files would run on a state that they were not written for.
      if (one.state === "failed") return { migrations: tried, passed: false };
    }
    const whole = tried.every(({ state }) => state === "ok") ? { whole: { problems: await this.#whole(nothing) } } : {};
    const passed = tried.every(({ state }) => state !== "different") && !whole.whole?.problems.length;
    return { migrations: tried, ...whole, passed };
  }

  async #one(migration: Migration): Promise<Tried> {
    const { version, name, files } = migration;
    const started = performance.now();
    const finish = (state: TrialState, problems: readonly string[] = []): Tried => {
      return { version, name, state, milliseconds: performance.now() - started, problems };
    };
    const before = await look(this.client);
    let undone: string[] | undefined;
    try {
      await this.migrator.up({ to: version });
      if (!hasWayBack(migration))
        return finish("no-down", [`${files.down} is missing or empty, so the way back cannot be tried.`]);
      const after = await look(this.client);
      await this.migrator.down({ steps: 1 });
      undone = differences(before, await look(this.client)).map((line) => `after down: ${line}`);
      await this.migrator.up({ to: version });
      // Row contents may differ each time, but not their number.
      const again = differences(after, await look(this.client)).map((line) => `after the second up: ${line}`);
      const problems = [...undone, ...again];
      return finish(problems.length > 0 ? "different" : "ok", problems);
    } catch (error) {
      if (!isMigrateError(error) || error.details.problems) throw error;
      if (raisedByBlock(error) && error.details.position?.file === files.down)
        return finish("irreversible", [error.message]);
      if (error.details.sqlstate === undefined) throw error;
      // Leftovers of the down file are in the second up's way.
      return finish("failed", undone ? [...undone, `the second up: ${error.message}`] : [error.message]);
    }
  }

  async #whole(nothing: readonly CatalogueEntry[]): Promise<string[]> {
    const all = await look(this.client);
    try {
      await this.migrator.down({ to: -1 });
      const left = compareCatalogues(nothing, await readCatalogue(this.client));
      await this.migrator.up();
      const again = differences(all, await look(this.client));
      return [
        ...left.map((line) => `after down to 0: ${line}`),
        ...again.map((line) => `after up from 0 again: ${line}`),
      ];
    } catch (error) {
      if (isMigrateError(error) && error.details.sqlstate !== undefined) return [error.message];
      throw error;
    }
  }

  #tell({ version, name, state, milliseconds, problems }: Tried, migrations: readonly Migration[]): void {
    const width = Math.max(...migrations.map(({ id }) => id.length));
    const id = migrations.find((migration) => migration.version === version)?.id ?? name;
    this.settings.log({
      level: state === "ok" || state === "irreversible" || state === "no-down" ? "info" : "warn",
      event: "tested",
      message: `  ${state.padEnd("irreversible".length)}  ${id.padEnd(width)}  ${duration(milliseconds).padStart(7)}${problems.length > 0 && state === "different" ? `  ${count(problems.length, "difference")}` : ""}`,
      version,
      name,
      state,
      milliseconds,
    });
  }
}

/** The first line of a context is the innermost. A trigger or function that the file runs stands before its block. */
function raisedByBlock({ details }: MigrateError): boolean {
  const [innermost = ""] = (details.context ?? "").split("\n");
  return /\binline_code_block\b(?!["(])/.test(innermost) && /\bRAISE\b/.test(innermost);
}
