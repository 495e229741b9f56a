import type { DropStmt } from "libpg-query";
import { all, type Body, nameOf, nameOfParts, parts } from "../sql/tree";
import { bareName, type Named, named, type Refusal, refused } from "./refusal";
import type { Schema } from "./schema";
import { first, isNot, TABLES, WORDS, wrongWord } from "./wrong-kind";

export function drop({ removeType, objects, behavior, concurrent }: DropStmt, schema: Schema): Refusal | undefined {
  const names = (objects ?? []).map(parts).map(nameOfParts);
  const dropped = names.flatMap((name) => named({ schema }, name) ?? []);
  const gone = new Set(
    dropped.flatMap(({ name, kind }) => (kind === "partitioned table" ? schema.tree(name) : [name])),
  );
  return first(names, (name) => {
    const wrong = wrongWord(removeType, name, schema, true);
    const target = named({ schema }, name);
    if (wrong || !target) return wrong;
    if (removeType === "OBJECT_INDEX") return dropIndex(target, concurrent === true, schema);
    return behavior === "DROP_CASCADE" || !WORDS[removeType ?? "OBJECT_TABLE"]
      ? undefined
      : depended(target, gone, schema, names.length > 1);
  });
}

function dropIndex({ bare, name, relation }: Named, concurrent: boolean, schema: Schema): Refusal | undefined {
  const table = schema.get(relation.table ?? "");
  if (concurrent && table?.kind === "partitioned table")
    return refused("concurrently-partitioned", "0A000", `cannot drop partitioned index "${bare}" concurrently`);
  const [above] = schema.parentsOf(name);
  if (above)
    return refused("depends", "2BP01", `cannot drop index ${bare} because index ${bareName(above.name)} requires it`);
  if (!table?.constraints.has(bare)) return undefined;
  const message = `cannot drop index ${bare} because constraint ${bare} on table ${bareName(table.name)} requires it`;
  return refused("depends", "2BP01", message);
}

function depended(
  { kind, bare, name, relation }: Named,
  gone: ReadonlySet<string>,
  schema: Schema,
  several: boolean,
): Refusal | undefined {
  const children = kind === "partitioned table" ? [] : relation.children;
  const views = [...schema.relations()].filter(({ reads }) => reads?.includes(name)).map((view) => view.name);
  const users = [...children, ...views, ...schema.referencesTo(name).map(({ from }) => from)];
  if (users.every((user) => gone.has(user))) return undefined;
  if (several) return refused("depends", "2BP01", "cannot drop desired object(s) because other objects depend on them");
  const what = kind === "partitioned table" ? "table" : kind;
  return refused("depends", "2BP01", `cannot drop ${what} ${bare} because other objects depend on it`);
}

export function truncate({ relations, behavior }: Body<"TruncateStmt">, schema: Schema): Refusal | undefined {
  const ranges = all("RangeVar", relations);
  const emptied = new Set(ranges.flatMap((range) => schema.tree(schema.qualify(nameOf(range)))));
  return first(ranges, (range) => {
    const target = named({ schema }, nameOf(range));
    if (!target) return undefined;
    if (![...TABLES, "foreign table"].includes(target.kind))
      return refused("wrong-kind", "42809", isNot("a table")(target));
    if (!range.inh && target.kind === "partitioned table")
      return refused("only-parent", "42809", "cannot truncate only a partitioned table");
    const used = schema.referencesTo(target.name).some(({ from }) => !emptied.has(from));
    return used && behavior !== "DROP_CASCADE"
      ? refused("truncate-referenced", "0A000", "cannot truncate a table referenced in a foreign key constraint")
      : undefined;
  });
}
