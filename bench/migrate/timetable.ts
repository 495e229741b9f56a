/**
 * Makes calls after a precise delay, first come first served. setTimeout counts in whole milliseconds and comes late, a
 * fifth of the result for a delay of 2.5 ms. So this sleeps in slices of a tenth while a call is due.
 */
export class Timetable {
  readonly #due: { readonly at: number; readonly call: () => void }[] = [];
  readonly #clock = new Int32Array(new SharedArrayBuffer(4));
  #ticking = false;

  /** Calls `call` after `milliseconds`. All calls must use the same delay, so that they keep their order. */
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
