import { execFileSync } from "node:child_process";
import { networkReloaderScript, reloaderScript } from "../../lib/constructs/postgres-reloader-script";
import { supervise } from "../../lib/constructs/postgres-supervisor";
import { SCRIPTS } from "../../lib/constructs/scripts";
import { shellScript } from "../../lib/constructs/shell-script";
import { databaseUsers } from "../../lib/secrets/credentials";
import { dev } from "../../lib/stages/dev";

const TEXTS = {
  reloader: reloaderScript(databaseUsers(dev)),
  "reloader over the network": networkReloaderScript(databaseUsers(dev)),
  supervisor: supervise("/etc/postgresql", 1024),
};

test.each(Object.entries(TEXTS))("the %s is told every variable in capitals that it reads", (name, text) => {
  const read = new Set(text.match(/(?<=\$\{?)[A-Z][A-Z_]*/g));
  const assigned = new Set(text.match(/(?<=^|\s)[A-Z][A-Z_]*(?==)/gm));
  // The container has them.
  if (name === "supervisor") for (const variable of ["PGDATA", "POD_NAME"]) assigned.add(variable);
  expect([...read].filter((variable) => !assigned.has(variable))).toEqual([]);
});

test("a comment is no part of what pods get", () => {
  expect(SCRIPTS["postgres-supervisor"]).toMatch(/^ *# /m);
  for (const text of Object.values(TEXTS)) expect(text).not.toMatch(/^ *#/m);
});

test.each(["/a/b-c.d", "two words", "it's", '$HOME `x` "y" \\'])("the shell reads %s back", (value) => {
  const [line] = shellScript("postgres-supervisor", { VALUE: value }).split("\n");
  expect(execFileSync("/bin/sh", ["-c", `${line}; printf %s "$VALUE"`], { encoding: "utf8" })).toBe(value);
});
