import type { ParseNode } from "../sql/parser";
import { as, type Body, type Kind, nameOf, open } from "../sql/tree";
import { alterTable } from "./alter-table";
import { AnalysisBuilder } from "./builder";
import * as create from "./create";
import { copy, insertRows, lockTable, mergeRows, truncate, writeRows } from "./data";
import { drop } from "./drop";
import type { Analysis } from "./effects";
import { cluster, refresh, reindex, vacuum } from "./maintenance";
import { queries } from "./queries";
import { onlyRaises } from "./raises";
import { BY_CONTENT } from "./refusal";
import { refusalOf, surroundings } from "./refusals";
import { annotate, rename, setOwner, setSchema } from "./rename";
import type { Schema } from "./schema";

type Handler<K extends Kind> = (body: Body<K>, to: AnalysisBuilder) => void;

/** Effects of each kind of statement. */
const HANDLERS: { readonly [K in Kind]?: Handler<K> } = {
  AlterDomainStmt: ({ subtype, def }, to) => {
    // C adds a constraint, V validates one, O sets NOT NULL; other subtypes affect only later commands.
    const adds = subtype === "C" && !as("Constraint", def)?.skip_validation;
    if (adds || subtype === "V" || subtype === "O")
      to.unknown("locks (SHARE) and reads every table that has a column of the domain");
  },
  AlterObjectSchemaStmt: setSchema,
  AlterOwnerStmt: setOwner,
  AlterPolicyStmt: ({ table }, to) => create.onTable(table, to),
  AlterPublicationStmt: ({ pubobjects }, to) => create.publication(pubobjects, to),
  AlterSeqStmt: (body, to) => create.sequence(body, to, true),
  AlterTableStmt: alterTable,
  CallStmt: (_, to) => to.unknown("what a procedure does cannot be known"),
  ClusterStmt: cluster,
  CommentStmt: ({ objtype, object }, to) => annotate(objtype, object, to),
  CopyStmt: copy,
  CreateFunctionStmt: ({ sql_body: body, is_procedure: procedure }, to) => {
    if (procedure) to.kind = "CREATE PROCEDURE";
    queries(body, to, { run: false });
  },
  CreatePolicyStmt: ({ table }, to) => create.onTable(table, to),
  CreateSchemaStmt: ({ schemaElts: elements }, to) => {
    if (elements)
      to.unknown("what is created within CREATE SCHEMA is not looked at; each can be a statement of its own");
  },
  CreatePublicationStmt: ({ pubobjects }, to) => create.publication(pubobjects, to),
  CreateSeqStmt: (body, to) => create.sequence(body, to),
  CreateStatsStmt: create.createStatistics,
  CreateStmt: create.createTable,
  CreateTableAsStmt: create.createTableAs,
  CreateTrigStmt: create.createTrigger,
  DeleteStmt: (body, to) => writeRows("DeleteStmt", body, to),
  DoStmt: (body, to) => {
    if (!onlyRaises(body)) to.unknown("what a DO block runs cannot be known");
  },
  DropStmt: drop,
  // Without ANALYZE it only plans, which takes the same locks.
  ExplainStmt: ({ query }, to) => queries(query, to),
  ExecuteStmt: (_, to) => to.unknown("what a prepared statement does cannot be known here"),
  IndexStmt: create.createIndex,
  InsertStmt: insertRows,
  LockStmt: lockTable,
  MergeStmt: mergeRows,
  RefreshMatViewStmt: refresh,
  ReindexStmt: reindex,
  RenameStmt: rename,
  RuleStmt: create.createRule,
  SecLabelStmt: ({ objtype, object }, to) => annotate(objtype, object, to),
  SelectStmt: (body, to) => queries({ SelectStmt: body }, to),
  TruncateStmt: truncate,
  UpdateStmt: (body, to) => writeRows("UpdateStmt", body, to),
  VacuumStmt: vacuum,
  ViewStmt: create.createView,
};

/** Statements that lock no existing table. */
const HARMLESS: ReadonlySet<string> = new Set<Kind>([
  "AlterCollationStmt",
  "AlterDatabaseRefreshCollStmt",
  "AlterDatabaseSetStmt",
  "AlterDatabaseStmt",
  "AlterDefaultPrivilegesStmt",
  "AlterEnumStmt",
  "AlterExtensionContentsStmt",
  "AlterFunctionStmt",
  "AlterObjectDependsStmt",
  "AlterOperatorStmt",
  "AlterOpFamilyStmt",
  "AlterRoleSetStmt",
  "AlterRoleStmt",
  "AlterStatsStmt",
  "AlterSubscriptionStmt",
  "AlterSystemStmt",
  "AlterTSConfigurationStmt",
  "AlterTSDictionaryStmt",
  "AlterTypeStmt",
  "CheckPointStmt",
  "ClosePortalStmt",
  "CompositeTypeStmt",
  "ConstraintsSetStmt",
  "CreateAmStmt",
  "CreateCastStmt",
  "CreateConversionStmt",
  "CreateDomainStmt",
  "CreateEnumStmt",
  "CreateEventTrigStmt",
  "CreateFdwStmt",
  "CreateForeignServerStmt",
  "CreateOpClassStmt",
  "CreateOpFamilyStmt",
  "CreatePLangStmt",
  "CreateRangeStmt",
  "CreateRoleStmt",
  "CreateSubscriptionStmt",
  "CreateTableSpaceStmt",
  "CreateTransformStmt",
  "CreateUserMappingStmt",
  "CreatedbStmt",
  "DeallocateStmt",
  "DefineStmt",
  "DiscardStmt",
  "DropRoleStmt",
  "DropSubscriptionStmt",
  "DropTableSpaceStmt",
  "DropdbStmt",
  "GrantRoleStmt",
  "GrantStmt",
  "ListenStmt",
  // Objects made by its script are its own.
  "CreateExtensionStmt",
  "CreateForeignTableStmt",
  "AlterEventTrigStmt",
  "LoadStmt",
  "NotifyStmt",
  "PrepareStmt",
  "TransactionStmt",
  "UnlistenStmt",
  "VariableSetStmt",
  "VariableShowStmt",
]);

/** Finds a statement's effects on a schema. Pure. Says so if an effect cannot be known from `schema`. */
export function analyze(node: ParseNode, schema: Schema): Analysis {
  const [kind, body] = open(node);
  const to = new AnalysisBuilder(schema);
  to.kind = tag(kind, body);
  const handler = HANDLERS[kind as Kind] as Handler<Kind> | undefined;
  if (handler) handler(body as Body<Kind>, to);
  else if (!HARMLESS.has(kind))
    to.unknown(`nothing is known of ${kind} here; assume ACCESS EXCLUSIVE on what it names`);
  const refusal = refusalOf(node, schema);
  if (refusal && !(schema.isShaken && BY_CONTENT.has(refusal.cause)))
    to.refused({ ...refusal, ...surroundings(node, schema) });
  return to.build();
}

/** A readable name of the statement, e.g. CREATE TRIGGER; builders correct it where the node's name misleads. */
function tag(kind: string, body: unknown): string {
  const words = kind
    .replace(/Stmt$/, "")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .split(" ");
  const spelt = words.map((word) => SPELT[word] ?? word.toUpperCase()).join(" ");
  if (kind === "CreateStmt") return nameOf((body as Body<"CreateStmt">).relation).name ? "CREATE TABLE" : spelt;
  return TAGS[kind] ?? spelt;
}

const SPELT: Readonly<Record<string, string>> = { Trig: "TRIGGER", Seq: "SEQUENCE", Stats: "STATISTICS" };
const TAGS: Readonly<Record<string, string>> = {
  CompositeTypeStmt: "CREATE TYPE",
  CreatedbStmt: "CREATE DATABASE",
  CreateEnumStmt: "CREATE TYPE",
  CreateRangeStmt: "CREATE TYPE",
  AlterEnumStmt: "ALTER TYPE",
  CreateTableSpaceStmt: "CREATE TABLESPACE",
  DefineStmt: "CREATE",
  DropdbStmt: "DROP DATABASE",
  DropTableSpaceStmt: "DROP TABLESPACE",
  LockStmt: "LOCK TABLE",
  RefreshMatViewStmt: "REFRESH MATERIALIZED VIEW",
  RuleStmt: "CREATE RULE",
  SecLabelStmt: "SECURITY LABEL",
  TruncateStmt: "TRUNCATE",
  VariableSetStmt: "SET",
  ViewStmt: "CREATE VIEW",
};
