import type { Relation } from "./relation";
import type { Name } from "./tree";

export type Volatility = "immutable" | "stable" | "volatile";

export interface Domain {
  /** Whether its values have to be checked. */
  readonly constrained: boolean;
  /** The parse tree of its default. */
  readonly value?: unknown;
}

/**
 * What is known of a database: all of it where its catalogue was read, else what the files before tell. What is not in
 * it may exist all the same.
 */
export class Schema {
  readonly #relations = new Map<string, Relation>();
  readonly #functions = new Map<string, Volatility>();
  readonly #own = new Set<string>();
  readonly #domains = new Map<string, Domain>();

  /** Where names without a schema are looked for now; undefined where that cannot be told. */
  searchPath: readonly string[] | undefined;

  constructor(
    /** The path that a file begins with. */
    readonly startPath: readonly string[] = ["public"],
    /** Whose name `$user` in a path stands for. */
    readonly user?: string,
  ) {
    this.searchPath = startPath;
  }

  /**
   * The qualified name that a name means; the first schema of the path where nothing is known of it. Without a schema
   * where the path is empty, or cannot be told.
   */
  qualify({ schema, name }: Name): string {
    if (schema !== undefined) return `${schema}.${name}`;
    const candidates = (this.searchPath ?? []).map((path) => `${path}.${name}`);
    return candidates.find((candidate) => this.#relations.has(candidate)) ?? candidates[0] ?? name;
  }

  /** The qualified name of what is created by a name, whatever has that name elsewhere on the path. */
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

  /** A relation and all below it: its partitions and heirs, and theirs. */
  tree(qualified: string): string[] {
    const children = this.#relations.get(qualified)?.children ?? [];
    return [qualified, ...children.flatMap((child) => this.tree(child))];
  }

  /** Everything that a view reads, views among it and what they read. */
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

  /** One that goes its own way from here. */
  copy(): Schema {
    const copy = new Schema(this.startPath, this.user);
    for (const relation of this.#relations.values()) copy.put(relation);
    for (const [name, volatility] of this.#functions) copy.putFunction(name, volatility, this.#own.has(name));
    for (const [name, domain] of this.#domains) copy.putDomain(name, domain);
    return copy;
  }

  /** Everything that is known so far counts as used by somebody. */
  age(): void {
    for (const relation of this.#relations.values()) if (relation.isNew) this.put({ ...relation, isNew: false });
  }

  /** Functions go by their bare names: of overloads the most volatile counts. */
  putFunction(name: string, volatility: Volatility, own = true): void {
    if (own) this.#own.add(name);
    const order = ["immutable", "stable", "volatile"];
    const known = this.#functions.get(name);
    if (!known || order.indexOf(volatility) > order.indexOf(known)) this.#functions.set(name, volatility);
  }

  /** Whether it is known to be no function of PostgreSQL's own. */
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

/** No function is called like that. */
function operatorKey(name: string): string {
  return `operator ${name}`;
}
