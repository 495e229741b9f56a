import type { Name } from "../sql/tree";
import type { Relation } from "./relation";

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
  readonly #own = new Set<string>();
  readonly #domains = new Map<string, Domain>();

  /** Schemas in which unqualified names are looked up now; undefined if unknown. */
  searchPath: readonly string[] | undefined;

  constructor(
    /** The search_path at a file's start. */
    readonly startPath: readonly string[] = ["public"],
    /** The role that `$user` in a path stands for. */
    readonly user?: string,
  ) {
    this.searchPath = startPath;
  }

  /** Qualifies a name. An unknown name gets the first schema of the path, or none if the path is empty or unknown. */
  qualify({ schema, name }: Name): string {
    if (schema !== undefined) return `${schema}.${name}`;
    const candidates = (this.searchPath ?? []).map((path) => `${path}.${name}`);
    return candidates.find((candidate) => this.#relations.has(candidate)) ?? candidates[0] ?? name;
  }

  /** Qualifies the name of a new object, regardless of equal names further along the path. */
  qualifyNew({ schema = this.searchPath?.[0], name }: Name): string {
    return schema === undefined ? name : `${schema}.${name}`;
  }

  find(name: Name): Relation | undefined {
    return this.#relations.get(this.qualify(name));
  }

  get(qualified: string): Relation | undefined {
    return this.#relations.get(qualified);
  }

  /** Adds a relation, or replaces the one of its name. */
  put(relation: Relation): void {
    this.#relations.set(relation.name, relation);
  }

  remove(qualified: string): void {
    this.#relations.delete(qualified);
    for (const relation of this.#relations.values()) {
      if (relation.table === qualified) this.#relations.delete(relation.name);
      else if (relation.children.includes(qualified))
        this.put({ ...relation, children: relation.children.filter((child) => child !== qualified) });
    }
  }

  /** A relation with all its partitions and children, recursively. */
  tree(qualified: string): string[] {
    const children = this.#relations.get(qualified)?.children ?? [];
    return [qualified, ...children.flatMap((child) => this.tree(child))];
  }

  /** Everything that a view reads, through other views too. */
  behind(view: string): string[] {
    const reads = this.#relations.get(view)?.reads ?? [];
    return reads.flatMap((each) => [...this.tree(each), ...this.behind(each)]);
  }

  /** Tables with a foreign key to a table. */
  referencing(qualified: string): string[] {
    return [...this.#relations.values()]
      .filter(({ constraints }) => [...constraints.values()].some(({ references }) => references === qualified))
      .map(({ name }) => name);
  }

  indexesOf(qualified: string): string[] {
    return [...this.#relations.values()].filter(({ table }) => table === qualified).map(({ name }) => name);
  }

  relations(): Iterable<Relation> {
    return this.#relations.values();
  }

  /** An independent copy. */
  copy(): Schema {
    const copy = new Schema(this.startPath, this.user);
    for (const relation of this.#relations.values()) copy.put(relation);
    for (const [name, volatility] of this.#functions) copy.putFunction(name, volatility, this.#own.has(name));
    for (const [name, domain] of this.#domains) copy.putDomain(name, domain);
    return copy;
  }

  /** Marks everything known so far as used by somebody. */
  age(): void {
    for (const relation of this.#relations.values()) if (relation.isNew) this.put({ ...relation, isNew: false });
  }

  /** Adds a function by its unqualified name. The most volatile overload counts. */
  putFunction(name: string, volatility: Volatility, own = true): void {
    if (own) this.#own.add(name);
    const order = ["immutable", "stable", "volatile"];
    const known = this.#functions.get(name);
    if (!known || order.indexOf(volatility) > order.indexOf(known)) this.#functions.set(name, volatility);
  }

  /** Whether it is known and not PostgreSQL's own. */
  isOwnFunction(name: string): boolean {
    return this.#own.has(name);
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
