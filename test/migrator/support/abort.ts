/**
 * A signal that is aborted in the first turn of the event loop after somebody has looked at it `looks` times: in the middle of a work
 * that looks at each step, and only if that gives the event loop a turn.
 */
export function abortedAfter(looks: number): { readonly signal: AbortSignal; looked(): number } {
  const stop = new AbortController();
  let [looked, aborted] = [0, false];
  Object.defineProperty(stop.signal, "aborted", {
    get() {
      if (++looked === looks)
        setImmediate(() => {
          aborted = true;
          stop.abort();
        });
      return aborted;
    },
  });
  return { signal: stop.signal, looked: () => looked };
}
