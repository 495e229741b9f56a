import fc from "fast-check";

const VERSIONS = [1, 2, 3, 4, 5] as const;

/** One thing that a person, golang-migrate or `migrate` does. */
export type Action =
  | { readonly kind: "add" | "remove" | "edit"; readonly version: number }
  | { readonly kind: "up"; readonly allowOutOfOrder: boolean }
  | { readonly kind: "down"; readonly steps: number }
  | { readonly kind: "golang-up" | "golang-down" | "golang-dirty" | "golang-clean" };

const version = fc.constantFrom(...VERSIONS);

export const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant("add" as const), version }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("remove" as const, "edit" as const), version }) },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant("up" as const), allowOutOfOrder: fc.boolean() }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("down" as const), steps: fc.integer({ min: 1, max: 3 }) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constantFrom(
          "golang-up" as const,
          "golang-up" as const,
          "golang-down" as const,
          "golang-dirty" as const,
          "golang-clean" as const,
        ),
      }),
    },
  ),
  { minLength: 3, maxLength: 14 },
);

/** What must be true: the least that explains every promise. */
export class Model {
  /** Files in the folder, by version: whether edited. */
  readonly files = new Map<number, boolean>();
  /** What `migrate` believes is applied: with the file edited, not edited. */
  history = new Map<number, boolean>();
  /** golang-migrate's row; 0 for none. */
  current = 0;
  dirty = false;
  /** Versions whose up file ran, and whose down file has not since. */
  readonly ran = new Set<number>();

  get newest(): number {
    return Math.max(0, ...this.files.keys());
  }

  /** What golang-migrate did is what is so. */
  reconciled(): Map<number, boolean> {
    const kept = [...this.history].filter(([version]) => version <= this.current);
    const left = Math.max(0, ...kept.map(([version]) => version));
    const adopted = [...this.files].filter(([version]) => version > left && version <= this.current);
    return new Map([...kept, ...adopted]);
  }

  /** Why nothing may be done, if so. */
  refusal(): string | undefined {
    if (this.files.size === 0) return "holds no migration";
    if (this.dirty) return "is dirty";
    if (this.current !== 0 && this.current <= this.newest && !this.files.has(this.current))
      return "which no file in the folder has";
    for (const [version, edited] of this.reconciled()) {
      const now = this.files.get(version);
      if (now === undefined && version < this.newest) return "its file is not in";
      if (now !== undefined && now !== edited) return "has changed since";
    }
    return undefined;
  }

  pending(): number[] {
    const applied = this.reconciled();
    return [...this.files.keys()].filter((version) => !applied.has(version)).sort((a, b) => a - b);
  }

  up(allowOutOfOrder: boolean): string | undefined {
    const refused = this.refusal();
    if (refused) return refused;
    const pending = this.pending();
    if (!allowOutOfOrder && pending.some((version) => version < Math.max(this.current, ...this.reconciled().keys())))
      return "is late";
    this.history = this.reconciled();
    for (const version of pending) {
      this.history.set(version, this.files.get(version) ?? false);
      this.ran.add(version);
      this.current = Math.max(this.current, version);
    }
    return undefined;
  }

  down(steps: number): string | undefined {
    const refused = this.refusal();
    if (refused) return refused;
    if (this.current > this.newest) return "cannot undo";
    const history = this.reconciled();
    const undone = [...history.keys()].sort((a, b) => b - a).slice(0, steps);
    if (undone.length === 0) return undefined;
    for (const version of undone) {
      history.delete(version);
      this.ran.delete(version);
    }
    this.history = history;
    this.current = Math.max(0, ...history.keys());
    return undefined;
  }
}
