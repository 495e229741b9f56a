import { LOGIN_ROLES, NEWEST_MIGRATION, OWNER_ROLE } from "../../lib/contract";
import { sqlFiles } from "./support";

const files = [...sqlFiles("up"), ...sqlFiles("down")];

test("there is an up and a down file for each version that this release brings", () => {
  const versions = Array.from({ length: NEWEST_MIGRATION }, (_, index) => index + 1);
  expect(sqlFiles("up").map(({ version }) => version)).toEqual(versions);
  expect(sqlFiles("down").map(({ version }) => version)).toEqual([...versions].reverse());
});

test.each(sqlFiles("up").map(({ file }) => file))("%s has a down file of the same name", (file) => {
  expect(sqlFiles("down").map((down) => down.file)).toContain(file.replace(".up.", ".down."));
});

describe.each(files)("$file", ({ sql }) => {
  const code = sql.replace(/--.*$/gm, "").replace(/'(?:[^']|'')*'/g, "''");

  test("says why, what it locks, its deploy order and how to undo it", () => {
    const header = sql.split("\n\n")[0];
    expect(header).toMatch(/^-- Why: {3}\S.*\n-- Locks: \S.*\n-- Order: \S.*\n-- Undo: {2}\S/s);
  });

  test("leaves the transaction to whoever runs it", () => {
    const statements = code.replace(/\$\$.*?\$\$/gs, "");
    expect(statements).not.toMatch(/\b(begin|start transaction|commit|rollback|end)\s*(transaction|work)?\s*;/i);
  });

  test("names no role, so that it runs on a bare server", () => {
    for (const role of [OWNER_ROLE, ...LOGIN_ROLES, "postgres", "diabrisk"]) {
      expect(code).not.toMatch(new RegExp(`\\b(to|from|by|role|user|authorization)\\s+"?${role}\\b`, "i"));
    }
  });

  test("is plain ASCII but for its comments, with lines of at most 120 characters", () => {
    expect(code).not.toMatch(/[^\n\x20-\x7e]/);
    expect(sql.split("\n").filter((line) => line.length > 120)).toEqual([]);
  });
});
