import { setMaxListeners } from "node:events";
import type { Socket } from "node:net";
import type { FastifyRequest } from "fastify";
import type { Presentable } from "./logging";

/** Status under which requests without an answer are logged and counted, as nginx does. Nobody receives it. */
export const HUNG_UP = 499;

/** The client closed its connection before it had its answer. */
export class ClientGone extends Error implements Presentable {
  override readonly name = "ClientGone";
  readonly presentable = true;

  constructor() {
    super("The client closed its connection before it had its answer.");
  }
}

const signals = new WeakMap<Socket, AbortSignal>();

/** The signal of a request's connection, aborted with a ClientGone once that is closed. */
export function hangUpOf({ raw: { socket } }: Pick<FastifyRequest, "raw">): AbortSignal {
  const known = signals.get(socket);
  if (known) return known;
  const controller = new AbortController();
  const { signal } = controller;
  const hangUp = () => controller.abort(new ClientGone());
  // Requests that a client sends without waiting for answers share the signal.
  setMaxListeners(0, signal);
  signals.set(socket, signal);
  if (socket.destroyed) hangUp();
  else socket.once("close", hangUp);
  return signal;
}

const brokenOff = new WeakMap<Socket, number>();

/**
 * Ends the connection of an answer that cannot be completed. Without its last chunk, no client takes the answer for whole.
 * @param status what the log and the metrics tell of it
 */
export function breakOff({ raw: { socket } }: Pick<FastifyRequest, "raw">, status: number): void {
  brokenOff.set(socket, status);
  socket.destroy();
}

/** Status of a request whose connection was closed before its answer was complete. */
export const statusOfUnanswered = ({ raw: { socket } }: Pick<FastifyRequest, "raw">): number =>
  brokenOff.get(socket) ?? HUNG_UP;
