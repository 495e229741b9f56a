import { readFileSync } from "node:fs";
import * as path from "node:path";
import { DatabaseError } from "pg";
import { decodeCursor, encodeCursor } from "../../lib/data-svc/cursor";
import { databaseFailure } from "../../lib/data-svc/database-failure";
import { checkDatabaseUrl, describeDatabaseUrl } from "../../lib/data-svc/database-url";
import { createLogger } from "../../lib/data-svc/logging";
import { PROBLEMS } from "../../lib/data-svc/problems";

describe("a database URL", () => {
  test.each([
    ["postgres://u:p@h/d", "postgres://u:p@h:5432/d"],
    ["postgresql://u@h:6000/d?sslmode=verify-full\n", "postgresql://u@h:6000/d?sslmode=verify-full"],
    ["postgres://u:p%40%2F@[::1]/d", "postgres://u:p%40%2F@[::1]:5432/d"],
  ])("%j is used as %j", (text, expected) => expect(checkDatabaseUrl(text)).toBe(expected));

  test("is described without its password", () => {
    expect(describeDatabaseUrl("postgres://data%20svc:p@h:5432/d?sslmode=disable")).toBe("data svc@h:5432/d");
  });
});

describe("a cursor", () => {
  const cursor = { micros: "1767323045000001", id: "3a1f5c0e-7d2b-4c8e-9f10-000000000003" };

  test("comes back as it was", () => expect(decodeCursor(encodeCursor(cursor))).toEqual(cursor));

  test.each(["", "x", "!!!!", encodeCursor({ ...cursor, micros: "1e3" }), encodeCursor({ ...cursor, id: "7" })])(
    "that this API did not make is refused: %j",
    (text) => expect(decodeCursor(text)).toBeUndefined(),
  );
});

describe("an error of the database", () => {
  const error = (code: string) =>
    Object.assign(new DatabaseError("invalid: 4711", 0, "error"), { code, detail: "4711" });

  test.each([
    ["28P01", "refused"],
    ["28000", "refused"],
    ["3D000", "missing"],
    ["53300", "exhausted"],
    ["53100", "storage-full"],
    ["53200", "overloaded"],
    ["57014", "overloaded"],
    ["57P01", "unreachable"],
    ["57P03", "starting"],
    ["08006", "unreachable"],
    ["40P01", "overloaded"],
    ["40001", "overloaded"],
    ["55P03", "overloaded"],
    ["58030", "overloaded"],
    ["0A000", "overloaded"],
    ["25006", "read-only"],
    ["42501", "forbidden"],
  ])("%s is %s", (code, kind) => expect(databaseFailure(error(code))?.kind).toBe(kind));

  test.each(["22P02", "23503", "23514", "42P01"])("%s says something about the request or this program", (code) =>
    expect(databaseFailure(error(code))).toBeUndefined(),
  );

  test.each(["22P02", "23514"])("%s is logged without what it quotes", (code) => {
    const lines: string[] = [];
    const log = createLogger("trace", { write: (line) => lines.push(line) });
    log.error({ err: error(code) }, "failed");
    log.error({ err: new Error("unexpected 4711", { cause: error(code) }) }, "failed");
    expect(lines).toHaveLength(2);
    expect(lines.join()).toContain(`"code":"${code}"`);
    expect(lines.join()).not.toContain("4711");
  });

  test("its stack is logged without what its message quotes, be it in the form of a frame", () => {
    const lines: string[] = [];
    const log = createLogger("trace", { write: (line) => lines.push(line) });
    log.error({ err: new Error('unexpected "\n    at 4711 (4711.ts:1:1)\n"') }, "failed");
    expect(lines.join()).toContain("parts.test.ts");
    expect(lines.join()).not.toContain("4711");
  });

  test("a secret or a health value that is logged by mistake is redacted", () => {
    const lines: string[] = [];
    const log = createLogger("trace", { write: (line) => lines.push(line) });
    log.info({ password: "4711", features: { BMI: 4711 }, request: { headers: "4711", body: "4711" } }, "mistake");
    expect(lines.join()).not.toContain("4711");
    expect(lines.join()).toContain("[redacted]");
  });
});

test("the guide names every problem with its status", () => {
  const guide = readFileSync(path.resolve(__dirname, "../../docs/data-svc.md"), "utf8");
  const rows = guide.split("\n").filter((line) => line.startsWith("|"));
  const missing = Object.entries(PROBLEMS).filter(
    ([name, [status]]) => !rows.some((row) => row.includes(String(status)) && row.includes(`\`${name}\``)),
  );
  expect(missing).toEqual([]);
});
