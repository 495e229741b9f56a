import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { type Command, measuredEnvironment } from "../../../bench/process";
import { GOOSE, goTool, TERN } from "../../../bench/tools";
import type { OtherTool } from "../../../lib/migrator/database/other-tools";
import type { Files } from "../../migrator/support/folder";

/** One migration, as each tool writes it in its own way. */
export interface Change {
  readonly name: string;
  readonly up: string;
  readonly down: string;
}

/** Another migrator: its files, and the command that applies them. */
export interface Peer {
  readonly tool: OtherTool;
  files(changes: readonly Change[]): Files;
  command(url: string, folder: string, programs: Programs): Promise<Command>;
}

/** Where npm put its tools. */
export type Programs = string;

/** Pinned; into a temporary folder of their own, since this project does not depend on them. */
const NPM_TOOLS = ["dbmate@2.36.0", "node-pg-migrate@9.0.0", "graphile-migrate@1.4.1", "pg@8.23.1"];
const INSTALL_TIMEOUT_MS = 300_000;

/** The folder of npm's tools, installed before the first test of the file that calls this. */
export function useNpmTools(): () => Programs {
  let folder: string;
  beforeAll(async () => {
    folder = await fs.mkdtemp(path.join(os.tmpdir(), "diabrisk-peers-"));
    await fs.writeFile(path.join(folder, "package.json"), '{ "private": true }');
    const flags = ["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
    await promisify(execFile)("npm", [...flags, ...NPM_TOOLS], { cwd: folder });
  }, INSTALL_TIMEOUT_MS);
  afterAll(() => fs.rm(folder, { recursive: true, force: true }));
  return () => path.join(folder, "node_modules", ".bin");
}

/** Timestamps and small numbers: whatever a tool wants in front of a file's name. */
function numbered(changes: readonly Change[], start: number, text: (change: Change) => string): Files {
  return Object.fromEntries(changes.map((change, index) => [`${start + index + 1}_${change.name}.sql`, text(change)]));
}

const withoutTls = (url: string) => `${url}?sslmode=disable`;

export const GO_PEERS: readonly Peer[] = [
  {
    tool: "goose",
    files: (changes) => numbered(changes, 0, ({ up, down }) => `-- +goose Up\n${up}\n-- +goose Down\n${down}`),
    command: async (url, folder) => ({
      command: [await goTool(GOOSE), "-dir", folder, "postgres", withoutTls(url), "up"],
    }),
  },
  {
    tool: "tern",
    files: (changes) => numbered(changes, 0, ({ up, down }) => `${up}\n---- create above / drop below ----\n${down}`),
    command: async (url, folder) => ({
      command: [await goTool(TERN), "migrate", "--migrations", folder, "--conn-string", withoutTls(url)],
    }),
  },
];

export const NPM_PEERS: readonly Peer[] = [
  {
    tool: "dbmate",
    files: (changes) =>
      numbered(changes, 20240101000000, ({ up, down }) => `-- migrate:up\n${up}\n-- migrate:down\n${down}`),
    command: async (url, folder, programs) => ({
      command: [
        path.join(programs, "dbmate"),
        ...["--url", withoutTls(url), "--migrations-dir", folder, "--no-dump-schema", "up"],
      ],
    }),
  },
  {
    tool: "node-pg-migrate",
    files: (changes) =>
      numbered(changes, 1700000000000, ({ up, down }) => `-- Up Migration\n${up}\n-- Down Migration\n${down}`),
    command: async (url, folder, programs) => ({
      command: [path.join(programs, "node-pg-migrate"), "up", "--migrations-dir", folder],
      env: measuredEnvironment({ DATABASE_URL: url }),
    }),
  },
  {
    tool: "graphile-migrate",
    files: committed,
    command: async (url, folder, programs) => ({
      command: [path.join(programs, "graphile-migrate"), "migrate"],
      cwd: folder,
      env: measuredEnvironment({ DATABASE_URL: url }),
    }),
  },
];

/** graphile-migrate chains its committed files by their hashes. */
function committed(changes: readonly Change[]): Files {
  const files: Record<string, string> = { ".gmrc": "{}", "migrations/current.sql": "" };
  let previous = "";
  for (const [index, { up }] of changes.entries()) {
    const body = up.trim();
    const digest = createHash("sha1")
      .update(`${`${previous}\n${body}`.trim()}\n`)
      .digest("hex");
    files[`migrations/committed/00000${index + 1}.sql`] =
      `--! Previous: ${previous || "-"}\n--! Hash: sha1:${digest}\n\n${body}\n`;
    previous = `sha1:${digest}`;
  }
  return files;
}
