/** The middle value, or the mean of the two in the middle. NaN for an empty list. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = sorted.length % 2 ? [sorted[middle], sorted[middle]] : [sorted[middle - 1], sorted[middle]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}

/**
 * Compares times with those of `reference`: the median of each round's own ratio. A machine that slows down for some
 * rounds slows both sides of their ratios.
 */
export function ratio(times: readonly number[], reference: readonly number[]): number {
  return median(times.map((time, round) => time / (reference[round] ?? Number.NaN)));
}

/** The smallest value that at least `share` of the values do not exceed. NaN for an empty list. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
