import { scan } from "../../lib/migrator/sql/scanner";
import { prepare } from "../../lib/migrator/sql/script";

function statements(sql: string): string[] {
  const { statements: found, problems } = scan(sql);
  expect(problems).toEqual([]);
  return found.map(({ start, end }) => sql.slice(start, end));
}

describe("a semicolon ends a statement, but not", () => {
  test.each([
    ["in a string", "select ';', 'it''s;';"],
    ["in a string with backslashes", String.raw`select 'C:\', ';';`],
    ["in an E'' string", String.raw`select e'\';', E'\\', ';';`],
    ["in an E'' string that goes on in the next line", "select E'a'\n '\\';', E'b' -- x\n -- y\n'\\';';"],
    ["in other kinds of strings", String.raw`select U&'\003b;', N';', B'0', x'3b', u&"a;";`],
    ["in a quoted name", 'select 1 as "a;""b;";'],
    ["in a dollar-quoted string", "select $$;$$, $a$;$$;$b$;$a$, $ä$;$ä$;"],
    ["after a name or a parameter with dollars", "select a$b$ , $1 , c$$;"],
    ["in comments", "select 1 -- ; '\n /* ; ' /* ; */ ; */ + 2;"],
    ["in an operator next to a comment", "select 1 +-- ;\n 2;"],
    ["in parentheses", "create rule r as on insert to a do also (select 1; select 2);"],
    [
      "in a body in standard SQL",
      "create or replace function f() returns int begin atomic select 1; select case when true then (select 2) end; end;",
    ],
    [
      "next to columns called end or case",
      "create function f() begin atomic select 1 as end, t.case; select 1 end; end;",
    ],
    [
      "in a body inside of a body",
      "create function f() begin atomic create function g() begin atomic ;; end; select 1; end;",
    ],
    ["in an empty body", "create function f() begin atomic end;"],
    ["after what is space to JavaScript and a letter to PostgreSQL", "select 1 as a\u00a0$$;"],
    ["in a procedure's such body", "create procedure p() language sql BEGIN ATOMIC insert into a values (1); END;"],
  ])("%s", (_, sql) => {
    expect(statements(`${sql} select 2`)).toEqual([sql, "select 2"]);
  });
});

test("a lone carriage return ends a comment, and what follows it is run", () => {
  expect(statements("-- old Mac\rselect 1;\r-- ;\rselect 2;")).toEqual(["select 1;", "select 2;"]);
});

test.each(["copy a from stdin;\n1\n\\.", "copy a (b, c) from stdout with csv;", "COPY binary a FROM /* ; */ STDIN"])(
  "rows that only psql can send are refused: %s",
  (sql) => expect(scan(sql).problems[0]?.message).toContain("COPY … FROM stdin reads rows"),
);

test("a table may be called stdin", () => {
  expect(statements("copy (select a from stdin) to '/x'; copy stdin to '/x'; table stdin")).toHaveLength(3);
});

test("columns may be called begin and atomic", () => {
  expect(statements("create view v as select begin atomic from t; select 1; end;")).toHaveLength(3);
});

test("empty statements and comments are none", () => {
  expect(statements(" ;; -- a\n ; /* b */ select 1;;\n")).toEqual(["select 1;"]);
});

test("begin and end outside of such a body are only words", () => {
  expect(statements("begin; create table atomic (a int); select case 1 when 1 then 2 end; end;")).toHaveLength(4);
});

test("what looks like a transaction's end inside of a string or body is none", async () => {
  const sql =
    "do $$ begin commit; end $$; create procedure p() language plpgsql as 'begin rollback; end'; select 'commit;';";
  expect((await prepare("f.sql", sql)).problems).toEqual([]);
});

test("a wrapping BEGIN and COMMIT become blanks of the same length", async () => {
  const sql = "-- 😀\nBEGIN WORK;\nselect 1;\nCOMMIT TRANSACTION";
  const { text, statements: left } = await prepare("f.sql", sql);
  expect(text).toBe(`-- 😀\n${" ".repeat(11)}\nselect 1;\n${" ".repeat(18)}`);
  expect(left).toBe(1);
});

test("every statement of a large file is found", () => {
  const sql = "insert into a values (1, 'some text', $$more$$); -- a comment\n".repeat(50_000);
  expect(scan(sql).statements).toHaveLength(50_000);
});
