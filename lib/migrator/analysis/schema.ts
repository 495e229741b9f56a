import { type Name, TEMPORARY } from "../sql/tree";
import type { Constraint, Relation } from "./relation";

export type Volatility = "immutable" | "stable" | "volatile";

export interface Domain {
  /** Whether values need a check. */
  readonly constrained: boolean;
  /** Parse tree of its default. */
  readonly value?: unknown;
}

/**
 * The known part of a database: everything if its catalogue was read, otherwise what earlier files made. Unknown
 * objects may exist all the same.
 */
export class Schema {
  readonly #relations = new Map<string, Relation>();
  readonly #functions = new Map<string, Volatility>();
  readonly #inlined = new Map<string, unknown>();
  readonly #own = new Set<string>();
  readonly #domains = new Map<string, Domain>();

  /** Schemas in which unqualified names are looked up now; undefined if unknown. */
  searchPath: readonly string[] | undefined;

  /** Whether a statement ran whose effects cannot be known, so that tables may have lost or gained parts. */
  isShaken = false;

  /** The session's TimeZone; undefined if unknown. */
  timeZone: string | undefined;

  constructor(
    /** The search_path at a file's start. */
    readonly startPath: readonly string[] = ["public"],
    /** The role that `$user` in a path stands for. */
    readonly user?: string,
    /** Whether a relation that is unknown does not exist, rather than being older than the files. */
    readonly complete = true,
    /** The TimeZone at a file's start. */
    readonly startTimeZone?: string,
  ) {
    this.searchPath = startPath;
    this.timeZone = startTimeZone;
  }

  /** Qualifies a name. An unknown name gets the first schema of the path, or none if the path is empty or unknown. */
  qualify({ schema, name }: Name): string {
    if (schema !== undefined) return `${schema}.${name}`;
    const candidates = (this.searchPath ?? []).map((path) => `${path}.${name}`);
    const known = [`${TEMPORARY}.${name}`, ...candidates].find((candidate) => this.#relations.has(candidate));
    return known ?? candidates[0] ?? name;
  }

  /** Qualifies the name of a new object, regardless of equal names further along the path. */
  qualifyNew({ schema = this.searchPath?.[0], name }: Name): string {
    return schema === undefined ? name : `${schema}.${name}`;
  }

  find(name: Name): Relation | undefined {
    return this.#relations.get(this.qualify(name));
  }

  /** Whether there is certainly no such relation. */
  lacks(name: Name): boolean {
    return this.complete && this.searchPath !== undefined && !this.find(name);
  }

  get(qualified: string): Relation | undefined {
    return this.#relations.get(qualified);
  }

  /** Adds a relation, or replaces the one of its name. */
  put(relation: Relation): void {
    this.#relations.set(relation.name, relation);
  }

  /** Removes a relation with its partitions, its indexes, views of it, and foreign keys to it. */
  remove(qualified: string): void {
    const { kind, children = [] } = this.#relations.get(qualified) ?? {};
    this.#relations.delete(qualified);
    if (kind === "partitioned table") for (const child of children) this.remove(child);
    for (const relation of [...this.#relations.values()]) {
      if (relation.table === qualified) this.#relations.delete(relation.name);
      else if (relation.reads?.includes(qualified)) this.remove(relation.name);
      else this.#forget(relation, qualified);
    }
  }

  #forget(relation: Relation, removed: string): void {
    const { children, constraints } = relation;
    const left = [...constraints].filter(([, { references }]) => references !== removed);
    if (left.length < constraints.size || children.includes(removed))
      this.put({
        ...relation,
        children: children.filter((child) => child !== removed),
        constraints: new Map(left),
      });
  }

  /** Begins a file: its settings are the session's, and no temporary table is there. */
  begin(): void {
    this.searchPath = this.startPath;
    this.timeZone = this.startTimeZone;
    for (const { name } of this.#relations.values()) if (name.startsWith(`${TEMPORARY}.`)) this.remove(name);
  }

  /** Renames a relation everywhere. */
  rename(from: string, to: string): void {
    const renamed = (name: string) => (name === from ? to : name);
    for (const relation of [...this.#relations.values()]) {
      const { name, table, reads, children, constraints } = relation;
      if (name === from) this.#relations.delete(from);
      this.put({
        ...relation,
        name: renamed(name),
        ...(table !== undefined && { table: renamed(table) }),
        ...(reads && { reads: reads.map(renamed) }),
        children: children.map(renamed),
        constraints: new Map(
          [...constraints].map(([key, each]) => [
            key,
            each.references === undefined ? each : { ...each, references: renamed(each.references) },
          ]),
        ),
      });
    }
  }

  /** A relation with all its partitions and children, recursively. */
  tree(qualified: string): string[] {
    const children = this.#relations.get(qualified)?.children ?? [];
    return [qualified, ...children.flatMap((child) => this.tree(child))];
  }

  /** Tables that it is a partition or an inheritance child of. */
  parentsOf(qualified: string): Relation[] {
    return [...this.#relations.values()].filter(({ children }) => children.includes(qualified));
  }

  /** The partitioned table that it is a partition of. */
  partitionedParentOf(qualified: string): Relation | undefined {
    return this.parentsOf(qualified).find(({ kind }) => kind === "partitioned table");
  }

  /** Everything that a query of a view reads, through other views too. A materialized view holds its own rows. */
  behind(view: string): string[] {
    const { reads = [], kind } = this.#relations.get(view) ?? {};
    if (kind === "materialized view") return [];
    return reads.flatMap((each) => [...this.tree(each), ...this.behind(each)]);
  }

  /** Tables with a foreign key to a table. */
  referencing(qualified: string): string[] {
    return [...this.#relations.values()]
      .filter(({ constraints }) => [...constraints.values()].some(({ references }) => references === qualified))
      .map(({ name }) => name);
  }

  /** Foreign keys that other tables certainly have to a table, apart from those that partitions have from their parents. */
  referencesTo(qualified: string): (Constraint & { readonly from: string })[] {
    const known = [...this.#relations.values()].filter(({ open }) => !open);
    return known.flatMap(({ name, constraints }) =>
      [...constraints.values()]
        .filter(({ references, inherited }) => references === qualified && name !== qualified && !inherited)
        .map((constraint) => ({ ...constraint, from: name })),
    );
  }

  indexesOf(qualified: string): string[] {
    return [...this.#relations.values()].filter(({ table }) => table === qualified).map(({ name }) => name);
  }

  relations(): Iterable<Relation> {
    return this.#relations.values();
  }

  /** An independent copy. */
  copy(): Schema {
    const copy = new Schema(this.startPath, this.user, this.complete, this.startTimeZone);
    copy.isShaken = this.isShaken;
    for (const relation of this.#relations.values()) copy.put(relation);
    for (const [name, volatility] of this.#functions)
      copy.putFunction(name, volatility, this.#own.has(name), this.#inlined.get(name));
    for (const [name, domain] of this.#domains) copy.putDomain(name, domain);
    return copy;
  }

  /** Marks everything known so far as used by somebody. */
  age(): void {
    for (const relation of this.#relations.values()) if (relation.isNew) this.put({ ...relation, isNew: false });
  }

  /**
   * Adds a function by its unqualified name. The most volatile overload counts.
   * @param body its expression, if the planner puts that in the place of a call
   */
  putFunction(name: string, volatility: Volatility, own = true, body?: unknown): void {
    if (own) this.#own.add(name);
    const order = ["immutable", "stable", "volatile"];
    const known = this.#functions.get(name);
    // Which overload a call means is not known here.
    if (body !== undefined && !known) this.#inlined.set(name, body);
    else this.#inlined.delete(name);
    if (!known || order.indexOf(volatility) > order.indexOf(known)) this.#functions.set(name, volatility);
  }

  /** Whether it is known and not PostgreSQL's own. */
  isOwnFunction(name: string): boolean {
    return this.#own.has(name);
  }

  /** Forgets a function that CREATE OR REPLACE makes anew. */
  removeFunction(name: string): void {
    this.#functions.delete(name);
  }

  /** The expression that the planner puts in the place of the function's calls. */
  inlined(name: string): unknown {
    return this.#inlined.get(name);
  }

  volatility(name: string): Volatility | undefined {
    return this.#functions.get(name);
  }

  /** An operator is as volatile as its function. */
  putOperator(name: string, volatility: Volatility): void {
    this.putFunction(operatorKey(name), volatility, false);
  }

  operatorVolatility(name: string): Volatility | undefined {
    return this.#functions.get(operatorKey(name));
  }

  putDomain(name: string, domain: Domain): void {
    this.#domains.set(name, domain);
  }

  domain(type: string): Domain | undefined {
    return this.#domains.get(type);
  }
}

/** Such a key is no function's name. */
function operatorKey(name: string): string {
  return `operator ${name}`;
}
