/**
 * Calls things a precise time later, first come first served. setTimeout counts in whole milliseconds and comes late, which at
 * 2.5 of them would be a fifth of the result; this sleeps in slices of a tenth while something is due.
 */
export class Timetable {
  readonly #due: { readonly at: number; readonly call: () => void }[] = [];
  readonly #clock = new Int32Array(new SharedArrayBuffer(4));
  #ticking = false;

  /** Calls `call` after `milliseconds`, which must be the same for all calls: then the order of calling is kept. */
  after(milliseconds: number, call: () => void): void {
    this.#due.push({ at: performance.now() + milliseconds, call });
    if (!this.#ticking) setImmediate(this.#tick);
    this.#ticking = true;
  }

  readonly #tick = () => {
    while (this.#due[0] && this.#due[0].at <= performance.now()) this.#due.shift()?.call();
    const next = this.#due[0];
    this.#ticking = next !== undefined;
    if (!next) return;
    Atomics.wait(this.#clock, 0, 0, Math.min(0.1, next.at - performance.now()));
    setImmediate(this.#tick);
  };
}
