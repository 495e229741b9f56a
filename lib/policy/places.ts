/**
 * Things by namespace and key. An unwritten namespace is the one that the objects are applied to. It is unknown, and
 * so may be any namespace that is written.
 */
export class Places<Thing> {
  readonly #exact = new Map<string, Map<string, Thing>>();
  readonly #anywhere = new Map<string, Thing>();

  set(namespace: string, key: string, thing: Thing): void {
    const place = this.#exact.get(namespace);
    if (place) place.set(key, thing);
    else this.#exact.set(namespace, new Map([[key, thing]]));
    this.#anywhere.set(key, thing);
  }

  /** The thing in exactly this namespace. */
  getExactly(namespace: string, key: string): Thing | undefined {
    return this.#exact.get(namespace)?.get(key);
  }

  /** The thing in this namespace, or else in one that may be the same. */
  get(namespace: string, key: string): Thing | undefined {
    const other = () => (namespace === "" ? this.#anywhere.get(key) : this.getExactly("", key));
    return this.getExactly(namespace, key) ?? other();
  }
}

/** Whether two namespaces may be the same. An unwritten one may be any. */
export const mayBeSame = (one: string, other: string) => one === other || one === "" || other === "";
