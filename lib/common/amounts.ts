const UNITS: readonly (readonly [seconds: number, name: string])[] = [
  [86_400, "d"],
  [3600, "h"],
  [60, "min"],
];

/** E.g. `5 h`. */
export const ageOf = (time: number, now: Date): string => lengthOf((now.getTime() - time) / 1000);

/** The same of a number of seconds. */
export function lengthOf(seconds: number): string {
  const unit = UNITS.find(([length]) => seconds >= 2 * length);
  return unit ? `${Math.floor(seconds / unit[0])} ${unit[1]}` : `${Math.floor(Math.max(0, seconds))} s`;
}

/** E.g. `3.1 MiB`. */
export function sizeOf(bytes: number): string {
  const power = Math.min(4, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const amount = bytes / 1024 ** power;
  return `${power === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${["B", "KiB", "MiB", "GiB", "TiB"][power]}`;
}
