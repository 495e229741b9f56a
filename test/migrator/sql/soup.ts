import fc from "fast-check";

const SPACES = [
  " ",
  "\n",
  "\t",
  "\r\n",
  "\r",
  "\f",
  "\u00a0",
  "\u2028",
  "\v",
  "--\n",
  "-- ' ; $$ /*\n",
  "/**/",
  "/* ; ' */",
  "/* /* */ -- */",
];
const OPENERS = [
  "'",
  "E'",
  "e'",
  "U&'",
  "N'",
  "b'",
  "x'",
  '"',
  'U&"',
  "$$",
  "$a$",
  "$é$",
  "/*",
  "--",
  "\\",
  "\\'",
  "''",
  "*/",
];
const WORDS = [
  "select",
  "a",
  "e",
  "as",
  "end",
  "case",
  "when",
  "then",
  "begin",
  "atomic",
  "create",
  "function",
  "f",
  "N",
  "U&",
  "$1",
  "1",
  "1.5",
  "0x1F",
  "1_0",
  ".5",
  "É",
  "😀",
  "x$y",
  "$",
  "uescape",
];
const SYMBOLS = [
  ";",
  ";",
  "(",
  ")",
  "[",
  "]",
  ",",
  "::",
  ":",
  ":=",
  "+",
  "-",
  "*",
  "/",
  "@?",
  "?",
  "#>>",
  "=",
  ".",
  "|",
  "<>",
  "~",
];

/** Tokens of every kind, one after another: hardly ever a statement, and all the more often a trap for a scanner. */
export const soup = fc
  .array(fc.constantFrom(...SPACES, ...OPENERS, ...WORDS, ...SYMBOLS), { maxLength: 30 })
  .map((tokens) => tokens.join(""));

/** Nothing but what can begin or end a quote or comment, from the beginning of an otherwise sound text. */
export const quotes = fc
  .array(
    fc.constantFrom("'", "'", "\\", "\n", " ", "$", "$$", "$a$", '"', "/*", "*/", "-", "--", ";", "E'", "U&'", "a"),
    {
      maxLength: 20,
    },
  )
  .map((tokens) => `select ${tokens.join("")}`);

const inner = fc
  .array(
    fc.constantFrom("a", ";", "--", "/*", "*/", "$", " ", "\n", "é", "😀", "漢", "(", ")", "begin", "end", '"', "\t"),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(""));

const space = fc.constantFrom(
  " ",
  "\n",
  "\t ",
  "\r\n",
  "\r",
  " /* ; ' $$ */ ",
  " -- ; ' $$ /*\n",
  " /* /* ; */ */ ",
  " /***/ ",
);

/** One literal of a kind that PostgreSQL knows, whatever it holds. */
const literal: fc.Arbitrary<string> = fc.oneof(
  inner.map((text) => `'${text}''\\'`),
  inner.map((text) => `E'${text}\\';''\\\\'`),
  fc.tuple(inner, inner).map(([one, two]) => `E'${one}'\n'\\'${two}'`),
  fc.tuple(inner, inner).map(([one, two]) => `'${one}'\n  '${two}\\'`),
  inner.map((text) => `U&'${text.replaceAll("\\", "")}'`),
  inner.map((text) => `N'${text}'`),
  inner.map((text) => `$$${text.replaceAll("$", "")}$$`),
  inner.map((text) => `$tag$${text.replaceAll("$", "$$$ $x$")}$tag$`),
  fc.constantFrom(
    "b'01'",
    "x'1F'",
    "1_000",
    "0x1F",
    "0b11",
    "1.5e-3",
    ".5",
    "$1",
    "null",
    "array[1, 2]",
    "1::text",
    "a[1:2]",
    "j @? '$.a;'",
    "j ? 'b'",
    "- -1",
  ),
  inner.map((text) => `"${text.replaceAll('"', '""')}x"`),
  fc.constant("case when a then b end"),
);

const expression = fc.oneof(
  literal,
  fc.tuple(literal, space, literal).map(([a, s, b]) => `(${a}${s}||${b})`),
  literal.map((text) => `(select ${text} from t)`),
);

const select = fc
  .tuple(space, fc.array(fc.tuple(expression, space), { minLength: 1, maxLength: 4 }))
  .map(([s, list]) => `select${s}${list.map(([text, after]) => text + after).join(", ")}`);

const body = fc
  .array(
    fc.oneof(
      select,
      fc.constantFrom(
        "",
        "select 1 as end",
        "select 1 end",
        "select t.case from t",
        "select case 1 when 1 then case when a then 2 end end",
      ),
    ),
    { maxLength: 3 },
  )
  .map((statements) => `begin atomic ${statements.map((text) => `${text}\n;`).join(" ")} end`);

const statement = fc.oneof(
  select,
  fc
    .tuple(body, fc.constantFrom("function", "or replace procedure"))
    .map(([text, what]) => `create ${what} f() ${text}`),
  fc.tuple(select, select).map(([a, b]) => `create rule r as on insert to t do also (${a}; ${b};)`),
  inner.map((text) => `do $_$ ${text.replaceAll("$", "$$")} $_$`),
  fc.constantFrom("begin", "end", "commit", "", "begin work", "values (1)", "select begin atomic", "table stdin"),
);

/** Sound statements, with traps in each of them. */
export const script = fc
  .array(fc.tuple(space, statement, space), { maxLength: 5 })
  .map((parts) => parts.map(([before, text, after]) => before + text + after).join(";"));
