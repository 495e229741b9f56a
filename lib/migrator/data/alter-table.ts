import type { AlterTableCmd, AlterTableStmt, Constraint } from "libpg-query";
import { namesIn } from "../analysis/expressions";
import { all, as } from "../sql/tree";
import { addColumn } from "./add-column";
import { columnType } from "./column-type";
import { check, foreignKey, nulls, orphans, type Subject } from "./constraints";
import type { Context } from "./context";
import { exclusion, keyOf, unique } from "./indexes";
import { ofConstraint } from "./known";
import { constraintOf, indexColumns, primaryKey } from "./lookup";
import { quote, quoteAll, tableText } from "./names";
import { attachPartition } from "./partitions";
import type { Question, Unanswerable } from "./question";
import { subjectOf } from "./subject";
import type { Piece } from "./tokens";

type Asked = readonly (Question | Unanswerable)[];

/** Finds the demands of ALTER TABLE. */
export async function alterTable(statement: AlterTableStmt, text: Piece, context: Context): Promise<Asked> {
  if (statement.objtype !== "OBJECT_TABLE") return [];
  const subject = subjectOf(statement.relation, context.schema);
  if (statement.missing_ok && !context.schema.get(subject.relation)) return [];
  const commands = all("AlterTableCmd", statement.cmds);
  const texts = commandTexts(text);
  if (texts.length !== commands.length)
    return [{ relation: subject.relation, why: "its text could not be taken apart" }];
  const asked = await Promise.all(
    commands.map(async (command, index) => {
      const own = texts[index] ?? text;
      const found =
        command.subtype === "AT_AttachPartition"
          ? await attachPartition(statement.relation, as("PartitionCmd", command.def) ?? {}, own, context)
          : await one(subject, command, own, context);
      const changed = commands.filter((other) => other !== command).flatMap(changedColumns);
      return found.map((each) => besides(each, changed));
    }),
  );
  return asked.flat();
}

/** ALTER TABLE runs its commands in an order of its own, so that a column which another one changes is not known. */
function besides(asked: Question | Unanswerable, changed: readonly string[]): Question | Unanswerable {
  const column = "why" in asked ? undefined : asked.columns.find((each) => changed.includes(each));
  return column === undefined ? asked : { relation: asked.relation, why: `the same statement changes ${column}` };
}

/** Columns that a command makes, drops or gives other values. */
export function changedColumns({ subtype, name, def }: AlterTableCmd): string[] {
  if (subtype === "AT_AddColumn") return [as("ColumnDef", def)?.colname ?? ""];
  return subtype === "AT_DropColumn" || subtype === "AT_AlterColumnType" || subtype === "AT_DropExpression"
    ? [name ?? ""]
    : [];
}

/** The texts between commas, without `ALTER TABLE name` before the first. */
function commandTexts(text: Piece): Piece[] {
  const words = text.tokens.map(({ word }) => word);
  let at = 2;
  if (words[at] === "IF" && words[at + 1] === "EXISTS") at += 2;
  if (words[at] === "ONLY") at++;
  for (at++; words[at] === "."; at += 2);
  if (words[at] === "*") at++;
  return text.slice(at).split();
}

async function one(subject: Subject, command: AlterTableCmd, text: Piece, context: Context): Promise<Asked> {
  const { subtype, def, name = "" } = command;
  const known = subject.schema.get(subject.relation);
  if (subtype === "AT_SetNotNull") return known?.columns.get(name)?.notNull ? [] : nulls(subject, [name]);
  if (subtype === "AT_AddColumn") return addColumn(subject, command, text, context);
  if (subtype === "AT_AlterColumnType")
    return columnType(subject, name, as("ColumnDef", def) ?? {}, text, context.reader);
  if (subtype === "AT_ValidateConstraint") return validated(subject, name, context);
  const constraint = subtype === "AT_AddConstraint" ? as("Constraint", def) : undefined;
  if (!constraint) return [];
  const asked = await added(subject, constraint, text, context);
  if (!constraint.skip_validation) return asked;
  const [first] = asked;
  if (first && !("why" in first) && constraint.conname)
    context.notValid.set(`${subject.relation}.${constraint.conname}`, first);
  return [];
}

async function added(subject: Subject, constraint: Constraint, text: Piece, context: Context): Promise<Asked> {
  const unreadable = [{ relation: subject.relation, why: "its text could not be taken apart" }];
  const { contype, indexname } = constraint;
  if (contype === "CONSTR_CHECK") {
    const expression = text.after("CHECK")?.parenthesised()?.inside.text;
    const checked = constraint.is_no_inherit ? { ...subject, whole: subject.alone } : subject;
    return expression === undefined
      ? unreadable
      : [check(checked, expression, constraint.raw_expr, constraint.conname)];
  }
  if (contype === "CONSTR_FOREIGN") return [await referring(subject, constraint, context)];
  if (contype === "CONSTR_EXCLUSION")
    return [exclusion(subject, constraint, text) ?? unreadable[0]].flatMap((each) => each ?? []);
  if (contype !== "CONSTR_UNIQUE" && contype !== "CONSTR_PRIMARY") return [];
  const keys = namesIn(constraint.keys);
  const columns = indexname === undefined ? keys : await indexColumns(context.reader, indexText(subject, indexname));
  if (!columns) return [{ relation: subject.relation, why: `the index ${indexname} is not there yet` }];
  return [
    ...(contype === "CONSTR_PRIMARY" ? nulls(subject, columns) : []),
    ...(indexname === undefined ? [unique(subject, keyOf(constraint, columns))] : []),
  ];
}

/** An index lives in its table's schema. */
function indexText({ relation }: Subject, index: string): string {
  const dot = relation.indexOf(".");
  return dot < 0 ? quote(index) : quoteAll([relation.slice(0, dot), index]).join(".");
}

async function referring(
  subject: Subject,
  constraint: Constraint,
  { schema, reader }: Context,
): Promise<Question | Unanswerable> {
  const named = namesIn(constraint.pk_attrs);
  const target = tableText(constraint.pktable ?? {});
  const referenced = named.length > 0 ? named : await primaryKey(reader, target);
  if (!referenced) return { relation: subject.relation, why: `${target.replaceAll('"', "")} has no primary key yet` };
  return orphans(subject, foreignKey(constraint, namesIn(constraint.fk_attrs), referenced, schema));
}

async function validated(subject: Subject, name: string, { reader, notValid }: Context): Promise<Asked> {
  const pending = notValid.get(`${subject.relation}.${name}`);
  if (pending) return [pending];
  const known = await constraintOf(reader, subject.table, name);
  return known ? ofConstraint(subject, known) : [];
}
