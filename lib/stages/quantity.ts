/** What each suffix of a Kubernetes quantity multiplies by. */
const FACTORS: Readonly<Record<string, number>> = {
  "": 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/**
 * The number that a Kubernetes quantity stands for, e.g. 0.5 for `"500m"` and 268435456 for `"256Mi"`.
 * Undefined if it is not one. Signs, exponents and the suffixes of nano and exa amounts are left out on purpose: in a
 * stage they are mistakes.
 */
export function parseQuantity(quantity: string): number | undefined {
  const [, digits, suffix] = /^(\d+(?:\.\d+)?)([a-zA-Z]*)$/.exec(quantity) ?? [];
  const factor = suffix === undefined ? undefined : FACTORS[suffix];
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}

/** A memory or storage quantity in MiB. Undefined if it is not a quantity. */
export function parseMebibytes(quantity: string): number | undefined {
  const bytes = parseQuantity(quantity);
  return bytes === undefined ? undefined : bytes / 2 ** 20;
}

/** The largest number that fits into the fields of Kubernetes that stages set. */
const MOST = 2 ** 31 - 1;

/** A problem if `value` is not a whole number of at least `least`, or is larger than Kubernetes can take. */
export function wholeNumber(field: string, value: number, least: number): string[] {
  if (Number.isInteger(value) && value >= least && value <= MOST) return [];
  return [`${field} is ${value}, which is not a whole number from ${least} to ${MOST}. Set it to one.`];
}
