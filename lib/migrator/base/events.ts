/**
 * Something that happened while the migrator works. `message` is for a person; `event` and the other fields are for
 * programs.
 */
export interface MigratorEvent {
  readonly level: "info" | "warn";
  readonly message: string;
  readonly event?: string;
  readonly [field: string]: unknown;
}

export type Log = (event: MigratorEvent) => void;

/** `1 migration`, `2 migrations`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** `version 7`, or `no version` for golang-migrate's -1. */
export function versionText(version: number): string {
  return version < 0 ? "no version" : `version ${version}`;
}

/** `850 µs`, `12 ms`, `1.2 s`, `2 min 3 s`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1) return `${Math.round(milliseconds * 1000)} µs`;
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
