import { table } from "../report";

/** A step that was measured. */
interface Step {
  readonly name: string;
  readonly seconds: number;
  /** Whether the time is this package's: encrypting, hashing, comparing. */
  readonly ours: boolean;
}

export class Measured {
  readonly steps: Step[] = [];

  async measure<Result>(name: string, ours: boolean, work: () => Promise<Result>): Promise<Result> {
    const began = performance.now();
    const result = await work();
    const seconds = (performance.now() - began) / 1000;
    this.steps.push({ name, seconds, ours });
    console.log(`${name}: ${seconds.toFixed(1)} s`);
    return result;
  }

  secondsOf(name: string): number {
    return this.steps.find((step) => step.name === name)?.seconds ?? 0;
  }
}

/** Prints each step, and the share of them that is this package's. */
export function report(measured: Measured, bytes: number): void {
  const rows = measured.steps.map(({ name, seconds, ours }) => [
    name,
    seconds.toFixed(1),
    ours ? "ours" : "PostgreSQL's",
  ]);
  const [backup, restore] = [measured.steps.slice(0, 4), measured.steps.slice(4)];
  const sum = (steps: readonly Step[]) => steps.reduce((total, { seconds }) => total + seconds, 0);
  const share = (steps: readonly Step[]) => ((100 * sum(steps.filter(({ ours }) => ours))) / sum(steps)).toFixed(0);
  console.log(`\n${(bytes / 1e9).toFixed(2)} GB\n${table([["step", "seconds", "whose"], ...rows])}`);
  console.log(
    `backup ${sum(backup).toFixed(0)} s, ${share(backup)} % of it ours; restore ${sum(restore).toFixed(0)} s, ${share(restore)} % of it ours`,
  );
  console.log(
    `the restore takes ${(sum(restore) / measured.secondsOf("pg_restore")).toFixed(2)} of pg_restore's time alone`,
  );
}
