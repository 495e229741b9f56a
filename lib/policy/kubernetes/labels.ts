/**
 * The labels of an object, or of all pods that one template makes. The value is `Varying` if it differs from pod to
 * pod, or if it is known only once they are made.
 */
export type Labels = ReadonlyMap<string, LabelValue>;
export type LabelValue = string | Varying;

/** The values that a label may have. */
export interface Varying {
  has(value: string): boolean;
}

/** A value that nobody can know before, e.g. a hash. */
export const ANY: Varying = { has: () => true };

/** The texts that a pattern matches. */
export const matching = (pattern: RegExp): Varying => ({ has: (value) => pattern.test(value) });

/** `prefix` with each number from `start`, `count` of them. The only one of them is a plain text. */
export function numbered(prefix: string, start: number, count: number): LabelValue {
  if (count === 1) return `${prefix}${start}`;
  return {
    has(value) {
      const number = value.startsWith(prefix) ? value.slice(prefix.length) : "";
      return /^(?:0|[1-9]\d{0,9})$/.test(number) && Number(number) >= start && Number(number) < start + count;
    },
  };
}
