import type { Name } from "../sql/tree";
import type { Analysis, Breakage, Cause, Effect, Work } from "./effects";
import { type LockMode, stronger } from "./locks";
import type { Refusal } from "./refusal";
import type { RelationKind } from "./relation";
import type { Schema } from "./schema";

/** Kinds that hold no rows themselves. */
const ROWLESS: ReadonlySet<RelationKind | undefined> = new Set([
  "foreign table",
  "partitioned table",
  "sequence",
  "view",
] as const);

interface MoreWork extends Pick<Work, "columns"> {
  /** Whether a partition has that behind it. */
  readonly isDone?: (relation: string) => boolean;
}

/** Collects a statement's effects. The strongest lock on a relation counts. */
export class AnalysisBuilder {
  readonly #effects = new Map<string, { lock: LockMode; work: Work[] }>();
  readonly #breakages: Breakage[] = [];
  readonly #unknown = new Set<string>();
  kind = "";
  #creates: string | undefined;
  #fails: Pick<Analysis, "failsInTransaction" | "refusal"> = {};

  constructor(readonly schema: Schema) {}

  /** Qualifies a name. Notes if an unknown search_path decides which relation it means. */
  qualify(name: Name): string {
    const qualified = this.schema.qualify(name);
    if (name.schema === undefined && this.schema.searchPath === undefined && !this.schema.get(qualified))
      this.unknown(`which ${name.name} it is, since an earlier statement computes the search_path`);
    return qualified;
  }

  /** Locks a relation by the name in the statement; returns its qualified name. */
  lock(name: Name, mode: LockMode): string {
    return this.lockQualified(this.qualify(name), mode);
  }

  lockQualified(relation: string, mode: LockMode): string {
    const known = this.#effects.get(relation);
    this.#effects.set(relation, { lock: known ? stronger(known.lock, mode) : mode, work: known?.work ?? [] });
    return relation;
  }

  lockOf(relation: string): LockMode | undefined {
    return this.#effects.get(relation)?.lock;
  }

  /** Locks a relation with all its partitions and children, as recursing commands do. */
  lockTree(name: Name, mode: LockMode): string {
    const root = this.qualify(name);
    for (const relation of this.schema.tree(root)) this.lockQualified(relation, mode);
    return root;
  }

  /** Locks everything that a view reads. */
  lockBehind(view: string, mode: LockMode): void {
    for (const each of this.schema.behind(view)) this.lockQualified(each, mode);
  }

  /** Locks a relation with its partitions, and no children by inheritance. */
  lockPartitions(root: string, mode: LockMode): void {
    const partitioned = this.schema.get(root)?.kind === "partitioned table";
    for (const relation of partitioned ? this.schema.tree(root) : [root]) this.lockQualified(relation, mode);
  }

  /**
   * Adds work on a locked relation and on those below it, which hold the rows of a partitioned table. Children by
   * inheritance have indexes of their own.
   */
  work(relation: string, kind: Work["kind"], cause: Cause, detail: string, more: MoreWork = {}): void {
    const { isDone = () => false, columns } = more;
    const alone = /index/.test(cause) && this.schema.get(relation)?.kind !== "partitioned table";
    for (const each of alone ? [relation] : this.schema.tree(relation)) {
      const effect = this.#effects.get(each);
      const { kind: what } = this.schema.get(each) ?? {};
      if (effect && !ROWLESS.has(what) && !isDone(each))
        effect.work.push({ kind, cause, detail, ...(columns && { columns }) });
    }
  }

  creates(name: Name): void {
    this.#creates = this.schema.qualifyNew(name);
  }

  breaks(rule: Breakage["rule"], relation: string, detail: string): void {
    this.#breakages.push({ rule, relation, detail });
  }

  /** The server refuses the statement, so it locks and breaks nothing. */
  refused(refusal: Refusal): void {
    this.#fails = { refusal };
    this.#effects.clear();
    this.#breakages.length = 0;
    this.#unknown.clear();
  }

  failsInTransaction(reason: string): void {
    this.#fails = { failsInTransaction: reason };
  }

  unknown(reason: string): void {
    this.#unknown.add(reason);
  }

  build(): Analysis {
    const effects = [...this.#effects].map(
      ([relation, { lock, work }]): Effect => ({ relation, lock, ...(work.length > 0 && { work }) }),
    );
    return {
      kind: this.kind,
      ...(this.#creates !== undefined && { creates: this.#creates }),
      effects,
      breakages: this.#breakages,
      ...this.#fails,
      ...(this.#unknown.size > 0 && { unknown: [...this.#unknown].join("; ") }),
    };
  }
}
