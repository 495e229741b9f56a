import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import fc from "fast-check";
import { escapeControls } from "../../../lib/common/escape-controls";
import { readFolder } from "../../../lib/migrator/files/folder";
import { numberOf } from "../../../lib/migrator/files/names";
import { makeFolder } from "../support/folder";
import { holds } from "../support/seeded";
import { create, entries } from "./names";

/** The rule that golang-migrate has for names, and ours that nothing named *.sql is passed over. */
const NAME = /^([0-9]+)_([\s\S]*)\.(up|down)\.sql$/;

test("whatever lies in a folder, reading it says what is wrong and never fails", async () => {
  const property = fc.asyncProperty(entries, async (made) => {
    const folder = makeFolder({});
    create(folder, made);
    try {
      const { migrations, problems, warnings } = await readFolder(folder);
      for (const text of [...problems, ...warnings]) expect(text).toMatch(/\S+ \S+/);
      const versions = migrations.map(({ version }) => version);
      expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
      const names = made.map(([name]) => name).filter((name) => /\.sql$/i.test(name) && !name.startsWith("."));
      const known = new Set(migrations.flatMap(({ files }) => Object.values(files).map((file) => path.basename(file))));
      const odd = names.filter((name) => !known.has(name));
      // Whatever is named like SQL is run, or named as a problem.
      for (const name of odd) {
        const told = problems.join("\n");
        if (!NAME.test(name)) expect(told).toContain(escapeControls(name));
        // A pair's other file may be the one that is named.
        else expect([...told.matchAll(/(\d+)_/g)].map(([, digits]) => Number(digits))).toContain(numberOf(name));
      }
      const ways = migrations.reduce((sum, { hasDown }) => sum + (hasDown ? 2 : 1), 0);
      if (problems.length === 0) expect(names).toHaveLength(ways);
      if (migrations.length === 0) expect(problems).not.toEqual([]);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
  expect(await holds(property, { runs: 200 })).toBeGreaterThan(20);
});

test.each(["up", "down"])("a pipe among the %s files is refused instead of waited for", async (way) => {
  const folder = makeFolder({ [`1_a.${way === "up" ? "down" : "up"}.sql`]: "select 1;" });
  execFileSync("mkfifo", [`${folder}/1_a.${way}.sql`]);
  expect((await readFolder(folder)).problems[0]).toBe(
    `1_a.${way}.sql is no regular file. Put a file there, or a link to one.`,
  );
});

test("thousands of files are read in order", async () => {
  const names = Array.from({ length: 1000 }, (_, index) => `${index + 1}_t.up.sql`);
  const folder = makeFolder(
    Object.fromEntries(names.flatMap((name) => [name, name.replace("up", "down")]).map((name) => [name, "select 1;"])),
  );
  const { migrations, problems } = await readFolder(folder);
  expect(problems).toEqual([]);
  expect(migrations.map(({ version }) => version)).toEqual(names.map((_, index) => index + 1));
});
