import { ParseError, parse } from "../../../lib/migrator/sql/parser";

const texts = async (sql: string) => (await parse(sql)).map(({ start, end }) => sql.slice(start, end).trim());

test("splits as the server does", async () => {
  const sql = `select ';' as "é;😀"; /* a /* nested; */ comment */
create function f() returns int language sql begin atomic select 1; select 2; end;
do $x$ begin perform 1; end $x$`;
  expect(await texts(sql)).toEqual([
    `select ';' as "é;😀"`,
    "/* a /* nested; */ comment */\ncreate function f() returns int language sql begin atomic select 1; select 2; end",
    "do $x$ begin perform 1; end $x$",
  ]);
});

test("an empty text has no statements", async () => {
  expect(await parse(" \n")).toEqual([]);
  expect(await parse("-- nothing")).toEqual([]);
});

test.each(["\u00a0", "\u2003\n", "\ufeff "])(
  "%j, which only JavaScript calls blank, is a syntax error as on the server",
  async (sql) => {
    const error = await parse(sql).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: "ParseError", message: "syntax error at the beginning", offset: 0 });
  },
);

test.each([
  ["select 'é😀', * fro x", "fro x"],
  ["select 'é😀' from from", "from"],
])("an error in %j is placed by characters, not bytes", async (sql, token) => {
  const error = await parse(sql).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ParseError);
  expect(sql.slice((error as ParseError).offset)).toBe(token);
});
