/** Factor of each suffix of a Kubernetes quantity. */
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
 * Parses a Kubernetes quantity, e.g. to 0.5 from `"500m"` and 268435456 from `"256Mi"`. Undefined if it is not one.
 * Signs, exponents and the suffixes of nano and exa amounts are refused on purpose: in a stage they are mistakes.
 */
export function parseQuantity(quantity: string): number | undefined {
  const [, digits, suffix] = /^(\d+(?:\.\d+)?)([a-zA-Z]*)$/.exec(quantity) ?? [];
  const factor = suffix === undefined ? undefined : FACTORS[suffix];
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}

const DECIMAL = ["T", "G", "M", "k", "", "m"];
const BINARY = ["Ti", "Gi", "Mi", "Ki", ""];

/**
 * Writes a quantity as the API server does, e.g. `"1024Mi"` as `"1Gi"` and `"0.5"` as `"500m"`. kubectl compares texts:
 * it reports another form of the same amount as configured at each apply.
 */
export function canonicalQuantity(quantity: string): string {
  const thousandths = Math.round((parseQuantity(quantity) ?? 0) * 1000);
  const suffixes = quantity.endsWith("i") ? BINARY : DECIMAL;
  const inSuffix = (suffix: string) => thousandths / Math.round((FACTORS[suffix] ?? 1) * 1000);
  const suffix = thousandths > 0 ? suffixes.find((one) => Number.isInteger(inSuffix(one))) : undefined;
  return suffix === undefined ? quantity : `${inSuffix(suffix)}${suffix}`;
}

/** Parses a memory or storage quantity to MiB. Undefined if it is not a quantity. */
export function parseMebibytes(quantity: string): number | undefined {
  const bytes = parseQuantity(quantity);
  return bytes === undefined ? undefined : bytes / 2 ** 20;
}

/** Largest number that the Kubernetes fields of a stage can hold. */
const MOST = 2 ** 31 - 1;

/** Returns a problem if `value` is not a whole number of at least `least`, or is too large for Kubernetes. */
export function wholeNumber(field: string, value: number, least: number, most = MOST): string[] {
  if (Number.isInteger(value) && value >= least && value <= most) return [];
  return [`${field} is ${value}, which is not a whole number from ${least} to ${most}. Set it to one.`];
}
