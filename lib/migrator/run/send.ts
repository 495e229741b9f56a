import type { Duplex } from "node:stream";
import { type Connection, Query } from "pg";

/** Texts that are one message, one after another. */
export type Parts = readonly string[];

/** Called once: with the server's error, or with the milliseconds that the message told, NaN if it told none. */
export type Done = (error: Error | undefined, milliseconds: number) => void;

/** UTF-16 units that are turned into bytes at once. */
const PIECE = 64 * 1024;

/**
 * One simple-query message. Of its results it keeps the last value in a column `milliseconds`: node-postgres's own query keeps
 * an object for each statement. A large message goes out piece by piece, as fast as the server takes it. Nothing else
 * may be sent on its connection meanwhile.
 */
export class MessageQuery extends Query {
  #column = -1;
  #milliseconds = Number.NaN;

  constructor(
    parts: Parts,
    private readonly done: Done,
  ) {
    super({ text: "" }, (error) => done(error, Number.NaN));
    this.submit = (connection) => submit(connection, parts);
  }

  handleRowDescription({ fields }: { readonly fields: readonly { readonly name: string }[] }): void {
    this.#column = fields.findIndex(({ name }) => name === "milliseconds");
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    const value = fields[this.#column];
    if (value !== undefined) this.#milliseconds = Number(value);
  }

  /** Keeps nothing. `commandComplete` of the connection counts. */
  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.done(undefined, this.#milliseconds);
  }
}

function submit(connection: Connection, parts: Parts): void {
  if (lengthOf(parts) <= PIECE) connection.query(parts.join(""));
  else void write(connection.stream, parts);
}

export function lengthOf(parts: Parts): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

/** Writes what `connection.query` would. A lost connection is reported by the query. */
async function write(stream: Duplex, parts: Parts): Promise<void> {
  const head = Buffer.from("Q\0\0\0\0");
  // The length counts itself and the zero at the end.
  head.writeInt32BE(
    parts.reduce((sum, part) => sum + Buffer.byteLength(part), 5),
    1,
  );
  stream.write(head);
  for (const part of parts) {
    for (let start = 0; start < part.length; ) {
      const end = characterEnd(part, start + PIECE);
      if (!stream.writable) return;
      if (!stream.write(part.slice(start, end))) await drained(stream);
      start = end;
    }
  }
  if (stream.writable) stream.write("\0");
}

/** Moves an offset out of the middle of a character. */
function characterEnd(text: string, offset: number): number {
  const unit = text.charCodeAt(offset - 1);
  return unit >= 0xd800 && unit < 0xdc00 ? offset + 1 : offset;
}

function drained(stream: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      stream.off("drain", go);
      stream.off("close", go);
      resolve();
    };
    stream.on("drain", go);
    stream.on("close", go);
  });
}
