import type { EventEmitter } from "node:events";
import { isIP } from "node:net";

/** The end of a connection's time while no name server had answered yet. Its code is that of a lookup to repeat. */
export class LookupTimeoutError extends Error {
  override readonly name = "LookupTimeoutError";
  readonly code = "EAI_AGAIN";

  constructor(
    readonly host: string,
    readonly seconds: number,
    cause?: unknown,
  ) {
    super(`no name server answered within ${Number(seconds.toFixed(1))} s for the host name ${host}`, { cause });
  }
}

interface OpenLookup {
  readonly host: string;
  readonly since: number;
}

/** Watches sockets look their hosts up. A server cannot be blamed for silence before it was asked. */
export class NameLookups {
  readonly #open = new Set<OpenLookup>();

  /**
   * Watches a socket that is about to connect. The returned function replaces the error with which it failed, if its
   * lookup had not ended.
   */
  watch(socket: EventEmitter, host: string): (error: Error) => Error {
    const lookup = { host, since: performance.now() };
    // An address is not looked up, and neither is a socket's path.
    if (isIP(host) === 0 && !host.startsWith("/")) this.#open.add(lookup);
    socket.once("lookup", () => this.#open.delete(lookup));
    return (error) => (this.#open.delete(lookup) ? timedOut(lookup, error) : error);
  }

  /**
   * The error that the oldest open lookup would end with now; undefined if none has been open for `milliseconds`. A younger
   * one is on its way and explains nothing.
   */
  openFor(milliseconds: number): LookupTimeoutError | undefined {
    const [lookup] = this.#open;
    return lookup && performance.now() - lookup.since >= milliseconds ? timedOut(lookup) : undefined;
  }
}

const timedOut = ({ host, since }: OpenLookup, cause?: Error) =>
  new LookupTimeoutError(host, (performance.now() - since) / 1000, cause);
