import { mkdir, rm, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { execute } from "../../lib/deploy/kubectl";
import { importsPicture } from "../../scripts/imports-picture";
import { entriesOf, ROOMS, roomOf } from "../../scripts/rooms";
import { filesOf, opened } from "../../scripts/walls";
import { temporaryFolder } from "../support/temporary-folder";

// All of lib is read, by a program of its own.
jest.setTimeout(120_000);

const ROOT = path.resolve(__dirname, "..", "..");
const TOOL = path.join(ROOT, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");

interface Cruised {
  readonly modules: readonly {
    readonly source: string;
    readonly dependencies: readonly { readonly resolved: string }[];
  }[];
  readonly summary: { readonly violations: readonly { from: string; to: string; rule: { name: string } }[] };
}

/** Judges the rooms of a folder as `npm run lint:imports` does. */
async function cruise(cwd: string): Promise<Cruised> {
  const args = [TOOL, "--config", path.join(ROOT, ".dependency-cruiser.js"), "--output-type", "json", "lib"];
  const { stdout, stderr } = await execute(process.execPath, args, { cwd, env: {} });
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

/** The rules that a tree of these files, and nothing else, breaks. */
async function broken(files: Readonly<Record<string, string>>): Promise<string[]> {
  const folder = path.join(temporaryFolder(), `walls-${process.pid}`);
  await mkdir(folder);
  try {
    for (const [file, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
      await writeFile(path.join(folder, file), text);
    }
    const { violations } = (await cruise(folder)).summary;
    return violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`).sort();
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe("lint:imports", () => {
  test("finds nothing in imports that are allowed", async () => {
    const files = {
      "lib/contract.ts": "export const PORT = 1;",
      "node_modules/pg/index.js": "",
      "lib/migrator/base/errors.ts":
        'import { EXIT } from "../../contract"; import type { Client } from "pg"; import * as fs from "node:fs";',
      "lib/migrator/files/folder.ts": 'import { MigrateError } from "../base/errors"; export * from "./header";',
      "lib/migrator/files/header.ts": "export const HEADER = 1;",
    };
    expect(await broken(files)).toEqual([]);
  });

  test("finds circles of values, of types, and of what is loaded late", async () => {
    const circle = (name: string, first: string, second: string) => ({
      [`lib/common/${name}-1.ts`]: first.replace("OTHER", `./${name}-2`),
      [`lib/common/${name}-2.ts`]: second.replace("OTHER", `./${name}-1`),
    });
    const late = 'export const late = () => require("OTHER") as typeof import("./x");';
    const files = {
      ...circle(
        "values",
        'import { a } from "OTHER"; export const b = a;',
        'import { b } from "OTHER"; export const a = b;',
      ),
      ...circle(
        "types",
        'import type { A } from "OTHER"; export type B = A;',
        'import { type B } from "OTHER"; export type A = B;',
      ),
      ...circle("late", late, late),
      ...circle("again", 'export type { A } from "OTHER";', 'export * from "OTHER";'),
    };
    expect(await broken(files)).toEqual([
      expect.stringContaining("no circle: lib/common/again-1.ts"),
      expect.stringContaining("no circle: lib/common/late-1.ts"),
      expect.stringContaining("no circle: lib/common/types-1.ts"),
      expect.stringContaining("no circle: lib/common/values-1.ts"),
    ]);
  });

  test("finds what a room may not import: other rooms, files behind a face, packages", async () => {
    const files = {
      "lib/contract.ts": "",
      "lib/deploy/deploy.ts": "",
      "node_modules/cdk8s/index.js": "",
      "lib/migrator/index.ts": "",
      "lib/migrator/sql/scanner.ts":
        'import type { Deployed } from "../../deploy/deploy"; import { App } from "cdk8s";',
      "lib/data-svc/pool.ts": 'import { connect } from "../migrator"; import { PORT } from "../contract";',
      "lib/roles/session.ts": 'import { connect } from "../migrator"; import { scan } from "../migrator/sql/scanner";',
      "lib/elsewhere/new.ts": 'import { PORT } from "../contract";',
    };
    expect(await broken(files)).toEqual([
      "every file of lib in a room: lib/elsewhere/new.ts → lib/contract.ts",
      "only what data-svc may import: lib/data-svc/pool.ts → lib/migrator/index.ts",
      "only what migrator/sql may import: lib/migrator/sql/scanner.ts → lib/deploy/deploy.ts",
      "only what migrator/sql may import: lib/migrator/sql/scanner.ts → node_modules/cdk8s/index.js",
      "only what roles may import: lib/roles/session.ts → lib/migrator/sql/scanner.ts",
    ]);
  });
});

describe("the table of rooms", () => {
  const rows = Object.entries(ROOMS);
  const rooms = Object.keys(ROOMS);

  test("has every room above what it imports, so that rooms have no circle either", () => {
    const upwards = rows.flatMap(([room, row]) =>
      entriesOf(row)
        .map(roomOf)
        .filter((target) => target && rooms.indexOf(target) >= rooms.indexOf(room))
        .map((target) => `${room} → ${target}`),
    );
    expect(upwards).toEqual([]);
  });

  test("allows nothing of lib that no file uses", async () => {
    const { modules } = await cruise(ROOT);
    const unused = rows.flatMap(([room, row]) => {
      const targets = modules.filter(({ source }) => new RegExp(filesOf(room)).test(source));
      const used = targets.flatMap(({ dependencies }) => dependencies.map(({ resolved }) => resolved));
      const entries = entriesOf(row).filter((entry) => !entry.startsWith("npm:"));
      return entries
        .filter((entry) => !used.some((file) => new RegExp(opened(entry)).test(file)))
        .map((entry) => `${room}: ${entry}`);
    });
    expect(unused).toEqual([]);
  });
});

describe("the picture of imports", () => {
  test("draws the migrator as one room", () => {
    expect(importsPicture()).toContain('  roles["roles"] --> migrator["migrator"]\n');
    expect(importsPicture()).not.toContain("migrator/");
  });

  test("leaves out an arrow that others imply", () => {
    const inside = importsPicture("migrator");
    expect(inside).toContain('migrator_analysis["migrator/analysis"] --> migrator_sql["migrator/sql"]');
    expect(inside).toContain('migrator_lint["migrator/lint"] --> migrator_analysis["migrator/analysis"]');
    expect(inside).not.toContain('migrator_lint["migrator/lint"] --> migrator_sql["migrator/sql"]');
  });
});
