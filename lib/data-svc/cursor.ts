/** The last row of a page; the next page starts after it. Opaque to clients, so that it may change. */
export interface Cursor {
  /** Its time, in microseconds since 1970, as text: exact where a Date is not. */
  readonly micros: string;
  /** Its id, which orders rows of equal time. */
  readonly id: string;
}

const SHAPE = /^(?<micros>-?\d{1,19})\.(?<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

export function encodeCursor({ micros, id }: Cursor): string {
  return Buffer.from(`${micros}.${id}`).toString("base64url");
}

/** Microseconds of the first and last time that a `timestamptz` holds and a bigint counts from 1970: 4714 BC, AD 294247. */
const FIRST = -210_866_803_200_000_000n;
const LAST = 2n ** 63n - 1n;

/** Undefined for a text that `encodeCursor` did not produce, or that no row can have. */
export function decodeCursor(text: string): Cursor | undefined {
  const { micros, id } = SHAPE.exec(Buffer.from(text, "base64url").toString("latin1"))?.groups ?? {};
  if (!micros || !id || BigInt(micros) < FIRST || BigInt(micros) > LAST) return undefined;
  return { micros, id };
}
