import * as fs from "node:fs";
import * as path from "node:path";
import fc from "fast-check";

/** What can lie in a folder under a name. */
export type Kind = "file" | "folder" | "link" | "dangling" | "loop" | "link-to-folder";

export type Entries = readonly (readonly [name: string, kind: Kind])[];

const digits = fc.oneof(
  fc.nat(12).map(String),
  fc.nat(12).map((n) => String(n).padStart(6, "0")),
  fc.constantFrom(
    "9007199254740991",
    "9007199254740992",
    "99999999999999999999999",
    `${"0".repeat(80)}7`,
    "１",
    "-1",
    "1.5",
    "1e3",
    "0x1",
    "",
  ),
);
const title = fc.oneof(
  fc.constantFrom(
    "a",
    "b",
    "A",
    "create users",
    "",
    "_",
    "é",
    "e\u0301",
    "漢字",
    "😀",
    "a.up",
    "a.down.sql",
    "x'y",
    'q"q',
    "back\\slash",
    "new\nline",
    "$$",
    "%s",
    "\u001b[31m",
    "-- x",
  ),
  fc.string({ unit: "grapheme", maxLength: 6 }).map((text) => text.replace(/[/\0]/g, "")),
);
const ending = fc.constantFrom(
  "up.sql",
  "up.sql",
  "up.sql",
  "down.sql",
  "down.sql",
  "down.sql",
  "UP.sql",
  "up.SQL",
  "sql",
  "up.sql.bak",
  "up.sql~",
  "up",
  "sql.up",
  "md",
);
const kind = fc.constantFrom<Kind>(
  "file",
  "file",
  "file",
  "file",
  "file",
  "file",
  "folder",
  "link",
  "dangling",
  "loop",
  "link-to-folder",
);

const one = fc
  .tuple(digits, title, ending, fc.constantFrom("_", "_", "_", "-", "", "."))
  .map(([number, name, end, separator]) => `${number}${separator}${name}.${end}`);
const both = fc
  .tuple(digits, title)
  .map(([number, name]) => ["up", "down"].map((way) => `${number}_${name}.${way}.sql`));

/** Some migrations in pairs, some lone files, some things that are no files. */
export const entries: fc.Arbitrary<Entries> = fc
  .tuple(
    fc.array(both, { maxLength: 4 }).map((pairs) => pairs.flat().map((name) => [name, "file"] as const)),
    fc.oneof(
      { weight: 1, arbitrary: fc.constant([]) },
      { weight: 2, arbitrary: fc.array(fc.tuple(one, kind), { maxLength: 4 }) },
    ),
  )
  .map(([sound, odd]) => [...new Map([...sound, ...odd].filter(([name]) => isName(name)))]);

function isName(name: string): boolean {
  return (
    name !== "" && name !== "." && name !== ".." && Buffer.byteLength(name) < 250 && !/[\ud800-\udfff]/u.test(name)
  );
}

/** Makes the entries in a folder that is empty. */
export function create(folder: string, made: Entries): void {
  for (const [name, what] of made) {
    const file = path.join(folder, name);
    if (what === "file") fs.writeFileSync(file, "select 1;");
    else if (what === "folder") fs.mkdirSync(file);
    else fs.symlinkSync({ link: __filename, dangling: "nowhere", loop: name, "link-to-folder": "." }[what], file);
  }
}
