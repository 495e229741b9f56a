import type { Client } from "pg";
import type { Examined } from "../analysis/examine";
import { replay } from "../analysis/replay";
import type { Schema } from "../analysis/schema";
import { type ParseNode, parse } from "../sql/parser";
import { all, as, type Body, nameOf, open } from "../sql/tree";
import { alterTable } from "./alter-table";
import { type Answer, answer, estimate, type Finding } from "./answer";
import type { Context } from "./context";
import { alterDomain } from "./domains";
import { Earlier } from "./earlier";
import { computable, indexKey, unique } from "./indexes";
import { createPartition } from "./partitions";
import type { Question, Unanswerable } from "./question";
import { Reader } from "./reader";
import { subjectOf } from "./subject";
import { Piece } from "./tokens";

export type { Finding as DataFinding } from "./answer";

/** A file's statements, as they were examined. */
export interface DataFile {
  readonly file: string;
  readonly text: string;
  readonly statements: readonly Examined[];
  /** The schema before the file. Is brought up to date. */
  readonly schema: Schema;
}

/** Asks the rows of a database, one pending file after the other, whether its statements will fail on them. */
export class DataQuestions {
  readonly #notValid: Context["notValid"] = new Map();
  #earlier: Earlier | undefined;

  constructor(
    private readonly client: Client,
    private readonly timeoutSeconds: number,
  ) {}

  /** Answers what each statement demands of the rows. Only reads. */
  async of({ file, text, statements, schema }: DataFile): Promise<Finding[]> {
    const reader = new Reader(this.client, this.timeoutSeconds);
    this.#earlier ??= new Earlier(await triggers(reader));
    schema.searchPath = schema.startPath;
    const found: Finding[] = [];
    for (const [index, { node, start, end }] of (await parse(text)).entries()) {
      const examined = statements[index];
      if (!examined) break;
      reader.searchPath = schema.searchPath;
      const context = { schema, reader, notValid: this.#notValid };
      const piece = Piece.of(text.slice(start, end));
      for (const each of await this.#one(node, piece, context)) {
        const { line, column, kind: statement } = examined;
        found.push({ line, column, statement, ...each });
      }
      this.#earlier.add(node, examined, `${file}:${examined.line}`, schema);
      replay(node, schema);
    }
    return found;
  }

  async #one(node: ParseNode, piece: Piece, context: Context) {
    const [kind, body] = open(node);
    const earlier = this.#earlier as Earlier;
    if (/^(Update|Delete|Insert|Merge)Stmt$/.test(kind)) {
      const target = (body as Body<"UpdateStmt">).relation;
      const query = as("SelectStmt", (body as Body<"InsertStmt">).selectStmt);
      if (kind === "InsertStmt" && (!query || query.valuesLists)) return [];
      const relation = context.schema.qualify(nameOf(target));
      return earlier.isEmpty(relation) ? [] : [await estimate(context.reader, relation, piece.text)];
    }
    const asked = await questionsOf(kind, body, piece, context);
    const answers: Answer[] = [];
    for (const each of asked) {
      if (earlier.isEmpty(each.relation)) continue;
      if (
        !("why" in each) &&
        each.ofNewValues &&
        answers.some(({ kind, state }) => kind === "type" && state !== "fine")
      )
        continue;
      const waits = "why" in each ? undefined : earlier.before(each, context.schema);
      answers.push(await answer(context.reader, each, waits));
    }
    return answers;
  }
}

async function questionsOf(
  kind: string,
  body: unknown,
  piece: Piece,
  context: Context,
): Promise<readonly (Question | Unanswerable)[]> {
  if (kind === "AlterTableStmt") return alterTable(body as Body<"AlterTableStmt">, piece, context);
  if (kind === "AlterDomainStmt") return alterDomain(body as Body<"AlterDomainStmt">, piece, context);
  if (kind === "IndexStmt") return createIndex(body as Body<"IndexStmt">, piece, context);
  if (kind !== "CreateStmt") return [];
  const { partbound, inhRelations } = body as Body<"CreateStmt">;
  const [parent] = all("RangeVar", inhRelations);
  return partbound && parent ? createPartition(parent, partbound, piece, context) : [];
}

function createIndex(statement: Body<"IndexStmt">, piece: Piece, { schema }: Context): (Question | Unanswerable)[] {
  const subject = subjectOf(statement.relation, schema);
  const onlyPartitioned =
    statement.relation?.inh !== true && schema.get(subject.relation)?.kind === "partitioned table";
  const index = statement.idxname && subject.relation.replace(/[^.]*$/, statement.idxname);
  const isThere = statement.if_not_exists && index !== undefined && schema.get(index) !== undefined;
  const computes = statement.whereClause ?? all("IndexElem", statement.indexParams).find(({ expr }) => expr);
  if (onlyPartitioned || isThere || !(statement.unique || computes)) return [];
  const key = indexKey(statement, piece);
  if (key) return [statement.unique ? unique(subject, key) : computable(subject, key)];
  return [{ relation: subject.relation, why: "its text could not be taken apart" }];
}

async function triggers(reader: Reader): Promise<Set<string>> {
  const found = await reader.read<{ name: string }>(
    `select distinct n.nspname || '.' || c.relname as name from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where exists (select from pg_catalog.pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal)
       or exists (select from pg_catalog.pg_rewrite r where r.ev_class = c.oid and c.relkind in ('r', 'p'))`,
  );
  return new Set("rows" in found ? found.rows.map(({ name }) => name) : []);
}
