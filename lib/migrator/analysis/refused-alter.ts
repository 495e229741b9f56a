import type { AlterTableCmd, AlterTableStmt, ColumnDef } from "libpg-query";
import { all, as, nameOf } from "../sql/tree";
import { wrongKind } from "./alter-actions";
import { constraintOf } from "./expressions";
import { BY_CONTENT, bareName, type Command, isInherited, type Named, named, type Refusal, refused } from "./refusal";
import { refusedConstraint } from "./refused-constraint";
import { attach, detach, inherit, notPartitioned, ofPartition } from "./refused-parents";
import type { Schema } from "./schema";

type Subtype = NonNullable<AlterTableCmd["subtype"]>;

/** The server's reason to refuse an ALTER TABLE, if it does so whatever the rows are. */
export function refusedAlter(statement: AlterTableStmt, schema: Schema): Refusal | undefined {
  const target = named({ schema }, nameOf(statement.relation));
  if (!target) return undefined;
  const commands = all("AlterTableCmd", statement.cmds);
  for (const command of commands) {
    const found = refusedCommand(target, command, !statement.relation?.inh, schema);
    // One command may remove what another would stumble over.
    if (found && (commands.length === 1 || !BY_CONTENT.has(found.cause))) return found;
  }
  return undefined;
}

function refusedCommand(target: Named, command: AlterTableCmd, only: boolean, schema: Schema): Refusal | undefined {
  const { subtype = "AT_AddOf" } = command;
  return wrongKind(target, subtype, schema) ?? REFUSED[subtype]?.({ ...target, command, only, schema });
}

const onPartitioned =
  (code: string, message: string) =>
  ({ kind }: Command) =>
    kind === "partitioned table" ? refused("partitioned", code, message) : undefined;

const REFUSED: Partial<Record<Subtype, (command: Command) => Refusal | undefined>> = {
  AT_AddColumn: addColumn,
  AT_AddConstraint: refusedConstraint,
  AT_AddIdentity: ({ kind, bare, relation, command: { name = "" } }) =>
    kind === "view" || relation.columns.get(name)?.notNull === false
      ? refused(
          "depends",
          "55000",
          `column "${name}" of relation "${bare}" must be declared NOT NULL before identity can be added`,
        )
      : undefined,
  AT_AddInherit: inherit,
  AT_AlterColumnType: (command) => inheritedColumn(command, "alter") ?? partitionKey(command, "alter"),
  AT_AttachPartition: (command) => notPartitioned(command) ?? attach(command),
  AT_ClusterOn: onPartitioned("0A000", "cannot mark index clustered in partitioned table"),
  AT_DetachPartition: (command) => notPartitioned(command) ?? detach(command),
  AT_DropCluster: onPartitioned("0A000", "cannot mark index clustered in partitioned table"),
  AT_DropColumn: (command) =>
    inheritedColumn(command, "drop") ?? partitionKey(command, "drop") ?? dropOnly(command) ?? columnInUse(command),
  AT_DropConstraint: dropConstraint,
  AT_DropExpression: dropExpression,
  AT_DropInherit: ofPartition,
  AT_DropNotNull: ({ command: { name: column = "" }, relation }) =>
    [...relation.constraints.values()].some(({ kind, columns }) => kind === "primary key" && columns.includes(column))
      ? refused("depends", "42P16", `column "${column}" is in a primary key`)
      : undefined,
  AT_SetAccessMethod: onPartitioned("42809", "cannot change access method of a partitioned table"),
  AT_SetNotNull: ({ kind, only, relation, command: { name = "" }, schema }) =>
    kind === "partitioned table" &&
    only &&
    relation.children.some((child) => !schema.get(child)?.columns.get(name)?.notNull)
      ? refused("only-parent", "42P16", "constraint must be added to child tables too")
      : undefined,
  AT_SetLogged: ({ bare, relation, schema }) => {
    const others = [...relation.constraints.values()].map(({ references = "" }) => references);
    const other = others.find((each) => schema.get(each)?.storage?.unlogged);
    return other && relation.storage?.unlogged
      ? persistence(bare, "logged", `unlogged table "${bareName(other)}"`)
      : undefined;
  },
  AT_SetRelOptions: setOptions,
  AT_SetUnLogged: ({ bare, name, relation, schema }) => {
    const other = schema.referencesTo(name).find(({ from }) => schema.get(from)?.storage?.unlogged === false);
    return other && !relation.storage?.unlogged
      ? persistence(bare, "unlogged", `logged table "${bareName(other.from)}"`)
      : undefined;
  },
};

function addColumn({ bare, name, relation, kind, command, only, schema }: Command): Refusal | undefined {
  const column = as("ColumnDef", command.def) as ColumnDef;
  if (schema.partitionedParentOf(name)) return refused("inherited", "42809", "cannot add column to a partition");
  const inline = all("Constraint", column.constraints);
  for (const constraint of inline) {
    const own = { ...constraint, keys: [{ String: { sval: column.colname ?? "" } }] };
    const found = refusedConstraint({
      bare,
      name,
      relation,
      kind,
      command: { def: { Constraint: own } },
      only: false,
      schema,
    });
    if (found) return found;
  }
  if (relation.children.length === 0) return undefined;
  if (constraintOf(column, "CONSTR_IDENTITY"))
    return refused("partitioned", "42P16", "cannot recursively add identity column to table that has child tables");
  return only ? refused("only-parent", "42P16", "column must be added to child tables too") : undefined;
}

function dropExpression({ name, relation, command, schema }: Command): Refusal | undefined {
  if (isInherited(name, command.name ?? "", schema))
    return refused("inherited", "42P16", "cannot drop generation expression from inherited column");
  // The server goes down one level only.
  const deep = relation.children.some((child) => (schema.get(child)?.children.length ?? 0) > 0);
  return deep
    ? refused("partitioned", "0A000", "ALTER TABLE / DROP EXPRESSION must be applied to child tables too")
    : undefined;
}

function persistence(table: string, wanted: string, other: string): Refusal {
  const message = `could not change table "${table}" to ${wanted} because it references ${other}`;
  return refused("depends", "42P16", message);
}

/** A foreign key refers to the column. */
function columnInUse({ name, bare, relation, command, schema }: Command): Refusal | undefined {
  const { name: column = "", behavior } = command;
  const primary = [...relation.constraints.values()].find(({ kind }) => kind === "primary key")?.columns ?? [];
  const used = schema.referencesTo(name).some(({ referenced = primary }) => referenced.includes(column));
  if (!used || behavior === "DROP_CASCADE") return undefined;
  return relation.children.length > 0
    ? refused("depends", "2BP01", "cannot drop desired object(s) because other objects depend on them")
    : refused("depends", "2BP01", `cannot drop column ${column} of table ${bare} because other objects depend on it`);
}

function partitionKey({ relation, bare, command: { name = "" } }: Command, verb: string): Refusal | undefined {
  if (!relation.partitionKey?.includes(name)) return undefined;
  const message = `cannot ${verb} column "${name}" because it is part of the partition key of relation "${bare}"`;
  return refused("partition-key", "42P16", message);
}

function inheritedColumn({ name, relation, command, only, schema }: Command, verb: "alter" | "drop") {
  const { name: column = "" } = command;
  if (isInherited(name, column, schema))
    return refused("inherited", "42P16", `cannot ${verb} inherited column "${column}"`);
  if (verb === "drop" || !only || relation.children.length === 0) return undefined;
  return refused("only-parent", "42P16", `type of inherited column "${column}" must be changed in child tables too`);
}

function dropOnly({ kind, only, relation }: Command): Refusal | undefined {
  if (kind !== "partitioned table" || !only || relation.children.length === 0) return undefined;
  return refused("only-parent", "42P16", "cannot drop column from only the partitioned table when partitions exist");
}

function dropConstraint({ kind, bare, name, only, relation, command, schema }: Command): Refusal | undefined {
  const constraint = relation.constraints.get(command.name ?? "");
  if (constraint?.kind === "check" && kind === "partitioned table" && only && relation.children.length > 0)
    return refused(
      "only-parent",
      "42P16",
      "cannot remove constraint from only the partitioned table when partitions exist",
    );
  if (constraint?.kind !== "primary key" || command.behavior === "DROP_CASCADE") return undefined;
  // Another unique index may be what a key with named columns refers to.
  const used = schema
    .referencesTo(name)
    .some(({ referenced }) => !referenced || referenced.join() === constraint.columns.join());
  if (
    !used ||
    [...relation.constraints.values()].some(
      (other) => other.kind === "unique" && other.columns.join() === constraint.columns.join(),
    )
  )
    return undefined;
  const message = `cannot drop constraint ${command.name} on table ${bare} because other objects depend on it`;
  return refused("depends", "2BP01", message);
}

/** Options of views; others are a table's. */
const VIEW_OPTIONS = ["security_barrier", "security_invoker", "check_option"];

function setOptions({ kind, command }: Command): Refusal | undefined {
  if (kind === "partitioned table")
    return refused("partitioned", "42809", "cannot specify storage parameters for a partitioned table");
  const options = all("DefElem", as("List", command.def)?.items).map(({ defname = "" }) => defname);
  const unknown = kind === "view" && options.find((option) => !VIEW_OPTIONS.includes(option));
  return unknown ? refused("wrong-kind", "22023", `unrecognized parameter "${unknown}"`) : undefined;
}
