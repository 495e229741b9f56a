const NANO = 10n ** 9n;

/** How many billionths each suffix of a quantity stands for, Kubernetes' whole list. */
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
 * What a quantity stands for, in billionths, Kubernetes' own precision: whole numbers, so that 0.57 is 570m. Undefined if it
 * is none that the API server takes, as a negative one.
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

/** What a count or percentage (`"25%"`) of `total` is, as a number of pods, rounded as asked; undefined if it is neither. */
export function share(value: unknown, total: number, round: (part: number) => number): number | undefined {
  if (typeof value === "number") return value;
  const percent = typeof value === "string" ? /^(\d+)%$/.exec(value)?.[1] : undefined;
  return percent === undefined ? undefined : round((Number(percent) / 100) * total);
}
