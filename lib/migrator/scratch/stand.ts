import type { Client } from "pg";
import type { Settings } from "../base/options";
import { connect } from "../database/connection";
import type { Migration } from "../files/folder";
import { differences, type Look, look } from "./look";
import type { Scratch } from "./scratch";
import type { MigratorOn, ScratchMigrator } from "./session";

/** A scratch database, its migrator, and a session that looks at it. */
export class Stand {
  /** Versions whose up file fails, which are recorded without having run. */
  readonly #broken: number[] = [];

  private constructor(
    private readonly settings: Settings,
    readonly scratch: Scratch,
    readonly migrator: ScratchMigrator,
    private client: Client,
  ) {}

  /** Calls `use` with a stand, and closes its session. */
  static async using<Result>(
    settings: Settings,
    scratch: Scratch,
    migratorOn: MigratorOn,
    use: (stand: Stand) => Promise<Result>,
  ): Promise<Result> {
    const migrator = migratorOn(scratch.connection);
    const stand = new Stand(settings, scratch, migrator, await open(settings, scratch));
    try {
      return await use(stand);
    } finally {
      await stand.client.end();
    }
  }

  look(): Promise<Look> {
    return look(this.client);
  }

  /** Whether nothing is half done, and all is at a version, or at none for -1, and as it was at `before`. */
  async isAt(version: number, before: Look): Promise<boolean> {
    const status = await this.migrator.status();
    const nothing = status.migrations.every(({ state }) => state === "pending");
    const there = version < 0 ? nothing : status.version === version;
    return !status.dirty && there && differences(before, await this.look()).length === 0;
  }

  /** Makes the database anew with these migrations, each run up once. */
  async replay(migrations: readonly Migration[]): Promise<void> {
    await this.client.end();
    await this.scratch.renew();
    this.client = await open(this.settings, this.scratch);
    let previous = -1;
    for (const { version } of migrations) {
      if (this.#broken.includes(version)) {
        if (previous >= 0) await this.migrator.up({ to: previous });
        await this.migrator.baseline({ version });
      }
      previous = version;
    }
    if (previous >= 0) await this.migrator.up({ to: previous });
  }

  /** Records a migration whose up file failed as applied, so that later ones can be tried. */
  async pass({ version }: Migration): Promise<void> {
    await this.migrator.baseline({ version });
    this.#broken.push(version);
  }
}

function open({ connectTries, signal }: Settings, { connection }: Scratch): Promise<Client> {
  return connect({
    connection,
    purpose: "migrate test",
    tries: () => connectTries,
    ...(signal && { signal }),
  });
}
