const NANO = 10n ** 9n;

/** The value of each suffix of a quantity in billionths. Kubernetes knows no others. */
const UNITS: ReadonlyMap<string, bigint> = new Map([
  ["n", 1n],
  ["u", 10n ** 3n],
  ["m", 10n ** 6n],
  ["", NANO],
  ...["k", "M", "G", "T", "P", "E"].map((suffix, index) => [suffix, NANO * 1000n ** BigInt(index + 1)] as const),
  ...["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].map((suffix, index) => [suffix, NANO * 1024n ** BigInt(index + 1)] as const),
]);

const QUANTITY = /^\+?(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,3}))?$/;

/**
 * Reads a quantity in billionths, which is Kubernetes' own precision. Whole numbers avoid rounding errors, so 0.57
 * equals 570m. Undefined if the API server would refuse it, e.g. a negative one.
 */
export function quantity(value: unknown): bigint | undefined {
  if (typeof value !== "number" && typeof value !== "string") return undefined;
  const match = QUANTITY.exec(String(value));
  if (!match) return undefined;
  const [, whole = "", decimals = "", only = "", suffix = "", exponent = "0"] = match;
  const fraction = decimals + only;
  const power = Number(exponent) - fraction.length;
  const amount = BigInt(whole + fraction) * (UNITS.get(suffix) ?? NANO);
  if (power >= 0) return amount * 10n ** BigInt(power);
  const divisor = 10n ** BigInt(-power);
  return (amount + divisor - 1n) / divisor;
}

/**
 * Reads a number of pods, or a percentage (`"25%"`) of `total`, rounded with `round`. Undefined if the value is
 * neither.
 */
export function share(value: unknown, total: number, round: (part: number) => number): number | undefined {
  if (typeof value === "number") return value;
  const percent = typeof value === "string" ? /^(\d+)%$/.exec(value)?.[1] : undefined;
  return percent === undefined ? undefined : round((Number(percent) / 100) * total);
}
