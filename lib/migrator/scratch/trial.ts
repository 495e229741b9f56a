import type { Client, ClientConfig } from "pg";
import { EXIT } from "../../contract";
import { isMigrateError, refusal } from "../base/errors";
import { count, duration } from "../base/events";
import type { Settings } from "../base/options";
import { type Migration, readFolder } from "../files/folder";
import { foreignTo, nothingForeign } from "./alike";
import { withScratch } from "./database";
import { noScratch } from "./drift";
import { undeclared } from "./leaves";
import { differences, type Look } from "./look";
import { failureOf, type Outcome, type TrialState, type Tried, tryOne } from "./one";
import type { MigratorOn } from "./session";
import { Stand } from "./stand";
import { missing } from "./unmade";

export type { TrialState, Tried } from "./one";

export interface TrialOptions {
  /** An empty database, emptied again afterwards. @default one that is created on the same server and dropped */
  readonly scratch?: ClientConfig;
  /** The first version to try. Files below it run up once. @default all are tried */
  readonly from?: number;
  /** Called with the scratch database before each trial, at the version before. May run the file there. */
  readonly trace?: (connection: ClientConfig, migration: Migration) => Promise<void>;
}

export interface TrialResult {
  readonly migrations: readonly Tried[];
  /** Why no later file was tried. Absent if all were. */
  readonly stopped?: string;
  /**
   * Result of going down to the beginning and up again at once, after the last file. Absent if something stood in the
   * way.
   */
  readonly whole?: { readonly problems: readonly string[] };
  /** Whether every down file undoes its up file or declares that it cannot. */
  readonly passed: boolean;
}

/** Runs every migration up, down and up again on a scratch database. @throws MigrateError `refused` without one */
export async function tryAll(settings: Settings, migratorOn: MigratorOn, options: TrialOptions): Promise<TrialResult> {
  const { directory, problems, migrations } = await readFolder(settings.directory);
  if (problems.length > 0) throw refusal(`Refused. ${directory}:`, problems);
  const { from = 1, scratch: connection } = options;
  const newest = newestOf(migrations);
  if (from > newest)
    throw refusal(
      "The arguments or settings cannot stand:",
      [`No migration has version ${from} or above; the newest is ${newest}.`],
      EXIT.usage,
    );
  const given = connection && { connection, foreign: nothingForeign(migrations) };
  const foreignOf = (client: Client) => foreignTo(client, migrations);
  const result = await withScratch(settings, { given, foreignOf, trial: true }, async (scratch) => {
    const found = await Stand.using(settings, scratch, migratorOn, (stand) =>
      new Trial(settings, stand, migrations, options.trace).run(from),
    );
    if (scratch.unmade.length > 0 && found.migrations.some(({ state }) => state === "failed"))
      settings.log({ level: "warn", event: "scratch-lacks-extensions", message: missing(scratch) });
    return found;
  });
  if (!result) throw noScratch();
  return result;
}

const newestOf = (migrations: readonly Migration[]) => migrations.at(-1)?.version ?? NONE;

/** Stays when everything is undone, whether or not a migration has the number 0. */
const NONE = -1;

const isFine = (state: TrialState) => state === "ok" || state === "irreversible" || state === "no-down";

class Trial {
  readonly #tried: Tried[] = [];
  /** Names of files whose up did not run. */
  readonly #broken: string[] = [];
  /** Tables whose rows cannot be counted, as told. */
  readonly #uncounted = new Set<string>();

  constructor(
    private readonly settings: Settings,
    private readonly stand: Stand,
    private readonly migrations: readonly Migration[],
    private readonly trace: TrialOptions["trace"],
  ) {}

  async run(from: number): Promise<TrialResult> {
    const base = this.migrations.findLast(({ version }) => version < from)?.version ?? NONE;
    if (base > NONE) await this.stand.migrator.up({ to: base });
    const beginning = await this.stand.look();
    let stopped: string | undefined;
    for (const migration of this.migrations.filter(({ version }) => version >= from)) {
      stopped = (await this.#trace(migration)) ?? (await this.#next(migration));
      if (stopped !== undefined) break;
    }
    const whole =
      this.#tried.every(({ state }) => state === "ok") && stopped === undefined
        ? { whole: { problems: await this.#whole(base, beginning) } }
        : {};
    const bad = this.#tried.some(({ state }) => !isFine(state));
    const passed = !bad && stopped === undefined && !whole.whole?.problems.length;
    return { migrations: this.#tried, ...(stopped !== undefined && { stopped }), ...whole, passed };
  }

  /** Resolves with the reason why nothing can be tried any more. */
  async #trace(migration: Migration): Promise<string | undefined> {
    if (!this.trace) return undefined;
    const before = await this.stand.look();
    await this.trace(this.stand.scratch.connection, migration);
    const earlier = this.migrations.filter(({ version }) => version < migration.version);
    return (await this.stand.isAt(newestOf(earlier), before)) ? undefined : this.#replay(earlier);
  }

  async #next(migration: Migration): Promise<string | undefined> {
    const outcome = await tryOne(this.stand, migration);
    this.#tellUncounted(outcome.next.uncounted, migration);
    const { problems, state } = outcome.tried;
    const blamed =
      state === "failed" && this.#broken.length > 0
        ? [`It may need ${this.#broken.join(", ")}, which did not run.`]
        : [];
    const tried = { ...outcome.tried, problems: [...problems, ...blamed] };
    this.#tried.push(tried);
    this.#tell(tried, migration);
    if (!outcome.ran) this.#broken.push(migration.id);
    return isFine(state) ? undefined : this.#goOn(migration, outcome);
  }

  /** Brings the database to the state that the next file was written for. */
  async #goOn(migration: Migration, { ran, next }: Outcome): Promise<string | undefined> {
    const run = this.migrations.filter(
      ({ version }) => version < migration.version || (ran && migration.version === version),
    );
    const stopped = (await this.stand.isAt(newestOf(run), next)) ? undefined : await this.#replay(run);
    if (!ran && stopped === undefined) await this.stand.pass(migration);
    return stopped;
  }

  async #replay(migrations: readonly Migration[]): Promise<string | undefined> {
    try {
      await this.stand.replay(migrations);
      return undefined;
    } catch (error) {
      if (!isMigrateError(error) || error.details.sqlstate === undefined) throw error;
      return `What follows was not tried: the files before it do not run a second time on a fresh database, which they would need after this. ${error.message}`;
    }
  }

  async #whole(base: number, beginning: Look): Promise<string[]> {
    const all = await this.stand.look();
    let left: string[] = [];
    const failure = await failureOf(
      (async () => {
        await this.stand.migrator.down({ to: base });
        left = undeclared(this.migrations, beginning.catalogue, (await this.stand.look()).catalogue);
        await this.stand.migrator.up();
      })(),
    );
    if (failure) return [failure.message];
    const again = differences(all, await this.stand.look());
    return [
      ...left.map((line) => `after down to ${Math.max(0, base)}: ${line}`),
      ...again.map((line) => `after up from ${Math.max(0, base)} again: ${line}`),
    ];
  }

  #tellUncounted(tables: readonly string[], { id }: Migration): void {
    const fresh = tables.filter((table) => !this.#uncounted.has(table));
    if (fresh.length === 0) return;
    for (const table of fresh) this.#uncounted.add(table);
    this.settings.log({
      level: "warn",
      event: "uncounted",
      message: `${id}: rows of ${fresh.join(", ")} are not compared, because row-level security hides them from this role. Test as a role with BYPASSRLS to compare them.`,
      tables: fresh,
    });
  }

  #tell({ version, name, state, milliseconds, problems, leaves = [] }: Tried, { id }: Migration): void {
    const width = Math.max(...this.migrations.map((migration) => migration.id.length));
    const differs = state === "different" ? `  ${count(problems.length, "difference")}` : "";
    const left = leaves.length > 0 ? `  leaves ${leaves.join(", ")}` : "";
    this.settings.log({
      level: isFine(state) ? "info" : "warn",
      event: "tested",
      message: `  ${state.padEnd("irreversible".length)}  ${id.padEnd(width)}  ${duration(milliseconds).padStart(7)}${differs}${left}`,
      version,
      name,
      state,
      milliseconds,
    });
  }
}
