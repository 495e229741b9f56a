import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { PATHS, VERSION } from "../../lib/contract";

const ROOT = path.resolve(__dirname, "..", "..");
const read = (file: string) => readFileSync(path.join(ROOT, file), "utf8");
const dockerfile = read("Dockerfile");

/** The lines of the stage that ships. */
const last = dockerfile.slice(dockerfile.lastIndexOf("\nFROM "));

test("the image is labelled with this release's version", () => expect(last).toContain(`ARG VERSION=${VERSION}\n`));

test("it runs as a numbered user that is none of the node's", () => {
  const [, user, group] = /^USER (\d+):(\d+)$/m.exec(last) ?? [];
  expect(Number(user)).toBeGreaterThanOrEqual(10_000);
  expect(group).toBe(user);
});

test("the SQL is where the migrator looks", () => {
  const workdir = /^WORKDIR (\S+)$/m.exec(last)?.[1] ?? "";
  const target = /^COPY migrations (\S+)$/m.exec(last)?.[1] ?? "";
  expect(path.join(workdir, target)).toBe(PATHS.migrations);
});

test("the build's context has every module of the build script", () => {
  const context = read(".dockerignore").split("\n");
  const modules = [...read("scripts/build.ts").matchAll(/from "\.\/(?<name>[\w-]+)"/g)].map((match) => match[1]);
  for (const name of ["build", ...modules]) expect(context).toContain(`!scripts/${name}.ts`);
});

/** Folders of the programs that the image builds, and of the library of one. */
const BUILT = [...(/npm run build -- (.*)$/m.exec(dockerfile)?.[1]?.split(" ") ?? []), "migrator"];

test.each(BUILT.map((name) => `lib/${name}`))("the build's context has %s, and what it imports", (folder) => {
  const context = read(".dockerignore").split("\n");
  expect(context).toContain(`!${folder}`);
  for (const name of readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".ts")) continue;
    const file = path.join(folder, name);
    for (const [, target = ""] of read(file).matchAll(/(?:from|require\()\s*"(\.[^"]+)"/g)) {
      const module = path.join(path.dirname(file), target);
      const folders = module.split("/").map((_, n, parts) => parts.slice(0, n + 1).join("/"));
      const places = [`${module}.ts`, ...folders];
      expect([file, context.filter((line) => places.includes(line.replace(/^!/, "")))]).not.toEqual([file, []]);
    }
  }
});
