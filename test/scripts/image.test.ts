import { readFileSync } from "node:fs";
import * as path from "node:path";
import { PATHS, VERSION } from "../../lib/contract";

const read = (file: string) => readFileSync(path.resolve(__dirname, "..", "..", file), "utf8");
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
