import type { Client, ClientConfig } from "pg";
import type { Settings } from "../base/options";
import type { Foreign } from "./alike";
import { dropExtensions, makeExtensions, type Unmade } from "./extensions";
import { patient, session } from "./session";

/** A database to try on. It holds only what an administrator makes for the files. */
export class Scratch {
  /** Extensions of the administrator that are not in it. A file that needs one fails. */
  unmade: readonly Unmade[] = [];

  constructor(
    readonly connection: ClientConfig,
    private readonly foreign: Foreign,
    private readonly settings: Settings,
    /** Whether files go up and down there, so that they have to make all that is theirs. */
    private readonly trial: boolean,
    /** Tells where an administrator runs what this role may not. */
    readonly remedy: string,
    /** Makes it empty again. */
    private readonly empty: () => Promise<void>,
  ) {}

  /** Makes an administrator's schemas and, where the role may, extensions. */
  async prepare(): Promise<void> {
    const { schemas, extensions, byFiles } = this.foreign;
    if (schemas === "" && extensions.length + byFiles.length === 0) return;
    await this.session(async (client) => {
      // A prepared database may have one that a file is going to create.
      await dropExtensions(client, byFiles);
      await client.query(schemas);
      this.unmade = await makeExtensions(client, extensions);
      // Shows whether the role may make it; in a trial the file does.
      if (this.trial) await dropExtensions(client, byFiles);
    });
  }

  /** Tries those again whose schema or own requirement a file has made since. */
  async makeMissing(): Promise<void> {
    const wanted = this.unmade.map(({ extension }) => extension);
    if (wanted.length > 0) this.unmade = await this.session((client) => makeExtensions(client, wanted));
  }

  /** Goes back to its beginning. */
  async renew(): Promise<void> {
    await this.empty();
    await this.prepare();
  }

  session<Result>(act: (client: Client) => Promise<Result>): Promise<Result> {
    return session({ connection: this.connection, ...patient(this.settings) }, act);
  }
}
