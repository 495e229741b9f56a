import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { npmTools } from "../npm-tools";
import { measuredEnvironment } from "../process";
import { GOOSE, goTool, TERN } from "../tools";
import type { Peer } from "./peer";
import type { MigrationFile, Workload } from "./workload";

/** Writes one file for each migration in a tool's own form. */
async function write(scratch: string, { files }: Workload, form: (file: MigrationFile) => readonly [string, string]) {
  await fs.mkdir(scratch, { recursive: true });
  for (const file of files) {
    const [name, text] = form(file);
    await fs.writeFile(path.join(scratch, name), text);
  }
}

/** Makes a timestamp of a version, for tools that want one in a file's name. */
const timestamp = ({ version }: MigrationFile, first: number) => String(first + version);

const goose: Peer = {
  name: "goose",
  async prepare(workload, scratch) {
    // Keeps functions whole, which goose would split at their semicolons.
    const whole = (sql: string) => `-- +goose StatementBegin\n${sql}\n-- +goose StatementEnd\n`;
    await write(scratch, workload, ({ version, name, up, down }) => [
      `${String(version).padStart(5, "0")}_${name}.sql`,
      `-- +goose Up\n${whole(up)}-- +goose Down\n${whole(down)}`,
    ]);
    const binary = await goTool(GOOSE);
    const command = (name: string) => (url: string) => ({
      command: [binary, "-dir", scratch, "postgres", url, name] as [string, ...string[]],
    });
    return { up: command("up"), status: command("status") };
  },
};

const tern: Peer = {
  name: "tern",
  async prepare(workload, scratch) {
    await write(scratch, workload, ({ version, name, up, down }) => [
      `${String(version).padStart(3, "0")}_${name}.sql`,
      `${up}\n---- create above / drop below ----\n${down}`,
    ]);
    const binary = await goTool(TERN);
    const command = (name: string) => (url: string) => ({
      command: [binary, name, "--migrations", scratch, "--conn-string", url] as [string, ...string[]],
    });
    return { up: command("migrate"), status: command("status") };
  },
};

const dbmate: Peer = {
  name: "dbmate",
  async prepare(workload, scratch) {
    await write(scratch, workload, (file) => [
      `${timestamp(file, 20240101000000)}_${file.name}.sql`,
      `-- migrate:up\n${file.up}\n-- migrate:down\n${file.down}`,
    ]);
    const binary = path.join(await npmTools(), "@dbmate/linux-x64/bin/dbmate");
    const command = (name: string) => (url: string) => ({
      command: [binary, "--url", url, "--migrations-dir", scratch, "--no-dump-schema", name] as [string, ...string[]],
    });
    return { up: command("migrate"), status: command("status") };
  },
};

const nodePgMigrate: Peer = {
  name: "node-pg-migrate",
  async prepare(workload, scratch) {
    await write(scratch, workload, (file) => [
      `${timestamp(file, 1700000000000)}_${file.name}.sql`,
      `-- Up Migration\n${file.up}\n-- Down Migration\n${file.down}`,
    ]);
    const program = path.join(await npmTools(), ".bin/node-pg-migrate");
    return {
      up: (url) => ({
        command: [program, "up", "--migrations-dir", scratch],
        env: measuredEnvironment({ DATABASE_URL: url }),
      }),
    };
  },
};

const graphileMigrate: Peer = {
  name: "graphile-migrate",
  async prepare(workload, scratch) {
    await fs.writeFile(path.join(scratch, ".gmrc"), "{}");
    let previous = "";
    await write(path.join(scratch, "migrations/committed"), workload, ({ version, up }) => {
      const body = up.trim();
      const digest = createHash("sha1")
        .update(`${`${previous}\n${body}`.trim()}\n`)
        .digest("hex");
      const text = `--! Previous: ${previous || "-"}\n--! Hash: sha1:${digest}\n\n${body}\n`;
      previous = `sha1:${digest}`;
      return [`${String(version).padStart(6, "0")}.sql`, text];
    });
    await fs.writeFile(path.join(scratch, "migrations/current.sql"), "");
    const program = path.join(await npmTools(), ".bin/graphile-migrate");
    const command = (name: string) => (url: string) => ({
      command: [program, name] as [string, ...string[]],
      cwd: scratch,
      // Sets a shadow database, which the tool demands at its start and these commands never use.
      env: measuredEnvironment({ DATABASE_URL: url, SHADOW_DATABASE_URL: url.replace("?", "_shadow?") }),
    });
    return { up: command("migrate"), status: command("status") };
  },
};

/** Migrators with their own forms of files and tables. */
export const FOREIGN_PEERS: readonly Peer[] = [goose, tern, dbmate, nodePgMigrate, graphileMigrate];
