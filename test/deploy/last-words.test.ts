import { lastWords } from "../../lib/deploy/last-words";

const json = (level: string, msg: string, more = {}) => JSON.stringify({ level, msg, ...more });

test("the last complaint of a program that logs JSON, whatever it says afterwards", () => {
  const log = [json("warn", "first"), json("warn", "Waiting: the schema is at version 7"), json("info", "Request")];
  expect(lastWords(log.join("\n"))).toBe("Waiting: the schema is at version 7");
});

test.each(["warn", "error", "fatal"])("%s is a complaint", (level) => {
  expect(lastWords([json("info", "Starting"), json(level, "No database")].join("\n"))).toBe("No database");
});

test("with every problem that it lists", () =>
  expect(lastWords(json("fatal", "These settings cannot stand", { problems: ["PORT is 0.", "HOST is 1."] }))).toBe(
    "These settings cannot stand PORT is 0. HOST is 1.",
  ));

test("what ends PostgreSQL", () => {
  const log = `2026-01-01 00:00:00 UTC [1] LOG:  syntax error in file "/etc/postgresql/postgresql.conf" line 1
2026-01-01 00:00:00 UTC [1] FATAL:  configuration file "/etc/postgresql/postgresql.conf" contains errors
PostgreSQL has stopped`;
  expect(lastWords(log)).toBe('FATAL:  configuration file "/etc/postgresql/postgresql.conf" contains errors');
});

test.each(["", "null", "7", json("info", "Ready"), "[1, 2", "an ERROR in prose"])("nothing in %j", (log) =>
  expect(lastWords(log)).toBeUndefined(),
);
