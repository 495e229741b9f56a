import * as fs from "node:fs";
import fc from "fast-check";
import { EXIT } from "../../../lib/contract";
import type { TestPostgres } from "../../support/postgres";
import { migratorFor, publicTables, writes } from "../support/database";
import { makeFolder, pairs, write } from "../support/folder";
import { type Effort, holds } from "../support/seeded";
import { type Action, actions, Model } from "./model";
import { failsProperly } from "./run";

const OPEN =
  "create table if not exists public.schema_migrations (version bigint not null primary key, dirty boolean not null)";

/** Any sequence of what people, golang-migrate and `migrate` do ends as the model says. Resolves with the number of sequences. */
export async function everyHistoryIsAsTheModelSays(postgres: TestPostgres, effort: Effort): Promise<number> {
  const property = fc.asyncProperty(actions, async (list) => {
    const url = await postgres.createDatabase();
    const world = new World(postgres, url);
    try {
      for (const action of list) await world.act(action);
    } finally {
      fs.rmSync(world.folder, { recursive: true });
      await postgres.query(postgres.server.url(), `drop database "${new URL(url).pathname.slice(1)}" with (force)`);
    }
  });
  return holds(property, effort);
}

/** A database and a folder, and the model of both. */
class World {
  readonly folder = makeFolder({});
  readonly #model = new Model();

  constructor(
    readonly postgres: TestPostgres,
    readonly url: string,
  ) {}

  async act(action: Action): Promise<void> {
    const model = this.#model;
    if (action.kind === "up") await this.#run(() => this.#migrator().up(action), model.up(action.allowOutOfOrder));
    else if (action.kind === "down") await this.#run(() => this.#migrator().down(action), model.down(action.steps));
    else if ("version" in action) this.#change(action.kind, action.version);
    else await this.#golang(action.kind);
  }

  #migrator() {
    return migratorFor(this.url, this.folder, { connectTries: 1 });
  }

  /** `expected` is part of the refusal's text, or undefined for success. */
  async #run(command: () => Promise<unknown>, expected: string | undefined): Promise<void> {
    const before = await writes(this.postgres, this.url);
    const failure = await failsProperly(command(), new Set([EXIT.refused]));
    if (expected === undefined) expect(failure).toBeUndefined();
    else expect(failure?.message ?? "success").toContain(expected);
    if (failure) expect(await writes(this.postgres, this.url)).toBe(before);
    await this.#compare();
    if (failure || expected !== undefined) return;
    const after = await writes(this.postgres, this.url);
    // What has been done once is done.
    if (this.#model.pending().length === 0)
      expect(await this.#migrator().up()).toMatchObject({ applied: [], adopted: [] });
    expect(await writes(this.postgres, this.url)).toBe(after);
  }

  async #compare(): Promise<void> {
    const model = this.#model;
    const tables = (await publicTables(this.postgres, this.url)).filter((name) => /^t\d$/.test(name));
    expect(tables).toEqual([...model.ran].sort().map((version) => `t${version}`));
    const status = await this.#migrator().status();
    expect(status).toMatchObject({ version: model.current, dirty: model.dirty });
    const applied = status.migrations.filter(({ state }) => state !== "pending" && state !== "late");
    expect(applied.map(({ version }) => version)).toEqual([...model.reconciled().keys()].sort());
  }

  #change(kind: "add" | "remove" | "edit", version: number): void {
    const { files } = this.#model;
    if (kind === "add" && !files.has(version)) this.#writeFile(version, false);
    if (kind === "edit" && files.has(version)) this.#writeFile(version, !files.get(version));
    if (kind !== "remove" || !files.delete(version)) return;
    for (const way of ["up", "down"]) fs.rmSync(`${this.folder}/${version}_v.${way}.sql`);
  }

  #writeFile(version: number, edited: boolean): void {
    this.#model.files.set(version, edited);
    const up = `create table if not exists t${version} ();${edited ? " -- edited" : ""}`;
    write(this.folder, pairs({ [`${version}_v`]: [up, `drop table if exists t${version};`] }));
  }

  /** As golang-migrate does it: a number, dirty, the file, the number. */
  async #golang(kind: "golang-up" | "golang-down" | "golang-dirty" | "golang-clean"): Promise<void> {
    const model = this.#model;
    if (kind === "golang-dirty" || kind === "golang-clean")
      return this.#setVersion(model.current, kind === "golang-dirty" && model.current > 0);
    if (model.dirty) return;
    const up = kind === "golang-up";
    const known = [...model.files.keys()].sort((a, b) => a - b);
    const version = up ? known.find((one) => one > model.current) : known.find((one) => one === model.current);
    if (version === undefined) return;
    await this.postgres.query(
      this.url,
      `${up ? "create table if not exists" : "drop table if exists"} t${version}${up ? " ()" : ""}`,
    );
    if (up) model.ran.add(version);
    else model.ran.delete(version);
    await this.#setVersion(up ? version : (known.filter((one) => one < version).at(-1) ?? 0), false);
  }

  async #setVersion(version: number, dirty: boolean): Promise<void> {
    Object.assign(this.#model, { current: version, dirty });
    const insert = version > 0 ? `insert into public.schema_migrations values (${version}, ${dirty});` : "";
    await this.postgres.query(this.url, `begin; ${OPEN}; truncate public.schema_migrations; ${insert} commit`);
  }
}
