import * as path from "node:path";
import { type BuildOptions, build } from "esbuild";
import { writeIdentity } from "../../lib/local/identity";
import type { LocalIssuer } from "../../lib/local/issuer";
import { checkOut } from "../../scripts/check-out";
import { mustRun } from "../process";
import { type SideDatabase, startDatabase } from "./database";
import type { Side } from "./measure";
import { CALLERS } from "./requests";
import type { Row } from "./rows";
import { containerMemory, startService } from "./service";

const ROOT = path.resolve(__dirname, "..", "..");

export interface Given {
  /** Folder for everything that is made. */
  readonly work: string;
  readonly issuer: LocalIssuer;
  /** People in each database. */
  readonly people: number;
  readonly rows: readonly Row[];
  /** Node, with options beside those of the pods. */
  readonly node: readonly [string, ...string[]];
}

/** Parts of a commit's contract that say how its pods run data-svc. Older ones lack them. */
interface Contract {
  readonly DATA_SVC: { readonly nodeOptions?: string };
  /** With `serviceTls` the API speaks TLS alone. */
  readonly PATHS: { readonly serviceTls?: string };
}

/** Sides that run, and how to end them. */
export class Sides {
  readonly all: Side[] = [];
  #identity: Promise<string> | undefined;
  readonly #started: (() => Promise<void>)[] = [];

  constructor(private readonly given: Given) {}

  /** Adds this checkout's bundle. */
  async addOurs(): Promise<SideDatabase> {
    const database = await this.#database(ROOT);
    await this.#add("ours", path.join(ROOT, "build", "data-svc.js"), database, ROOT);
    return database;
  }

  /** Adds another commit's, on a database of its own schema. */
  async addBefore(commit: string): Promise<void> {
    const folder = path.join(this.given.work, "before");
    checkOut(commit, folder);
    const command = [process.execPath, "--import", "tsx", "scripts/build.ts", "data-svc"] as const;
    await mustRun({ command, cwd: folder });
    await this.#add("before", path.join(folder, "build", "data-svc.js"), await this.#database(folder), folder);
  }

  /** Adds the least that answers, on our database. */
  async addFloor(database: SideDatabase): Promise<void> {
    const outfile = path.join(this.given.work, "floor.js");
    const options: BuildOptions = { bundle: true, platform: "node", target: "node20", external: ["pg-native"] };
    await build({ ...options, entryPoints: [path.join(__dirname, "floor.ts")], outfile, logLevel: "warning" });
    await this.#add("floor", outfile, database, ROOT);
  }

  async remove(): Promise<void> {
    for (let stop = this.#started.pop(); stop; stop = this.#started.pop()) await stop();
  }

  /** One certificate for every side. */
  #tlsFolder(): Promise<string> {
    this.#identity ??= writeIdentity(this.given.work);
    return this.#identity;
  }

  async #database(root: string): Promise<SideDatabase> {
    const { work: parent, people, rows } = this.given;
    const database = await startDatabase(root, { parent, people, rows });
    this.#started.push(() => database.server.remove());
    return database;
  }

  /** @param root checkout whose pods' options Node gets */
  async #add(name: string, bundle: string, database: SideDatabase, root: string): Promise<void> {
    const { issuer, rows, node } = this.given;
    const callers = { ISSUER_URL: issuer.url, CALLERS: JSON.stringify(CALLERS) };
    const contract = require(path.join(root, "lib", "contract")) as Contract;
    const tls = contract.PATHS.serviceTls === undefined ? undefined : await this.#tlsFolder();
    const environment = { DATABASE_URL: database.url, NODE_OPTIONS: contract.DATA_SVC.nodeOptions ?? "", ...callers };
    const group = containerMemory();
    if (group) this.#started.push(async () => group.remove());
    const service = await startService(bundle, { node, environment, group, tls });
    this.#started.push(() => service.stop());
    this.all.push({ name, service, database, rows });
  }
}
