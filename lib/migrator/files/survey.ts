import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { checksum, normalised, reason } from "../base/text";
import { readMark } from "./header";

/** Facts about an SQL file, gathered without all of a long one in memory. */
export interface Survey {
  /** See `checksum`. */
  readonly checksum: string;
  /** Its text, or the beginning of a long one. */
  readonly head: string;
  /** Only of a long file. */
  readonly size?: TextSize;
}

export interface TextSize {
  /** Bytes on the disk. */
  readonly bytes: number;
  /** Bytes of the text in memory: one for each UTF-16 unit, or two if one of them is beyond Latin-1. */
  readonly memory: number;
  /** UTF-16 units of the text. */
  readonly units: number;
  /** Whether it may have a BEGIN and COMMIT of its own around all. */
  readonly wrapped: boolean;
  /** Whether it is marked to run statement by statement. */
  readonly stepwise: boolean;
  /** At least the number of its statements. */
  readonly semicolons: number;
}

/** Bytes from which a file is long. */
const LONG = 1024 * 1024;

/** Words of a transaction around the file, wherever they are: a guess on the safe side. */
const OPENS = /\b(?:begin|start)\b/i;
const CLOSES = /\b(?:commit|end)\b/i;
/** UTF-16 units in which the last statement is looked for. */
const TAIL = 1000;

/** Bytes of a long file that are in memory at once. */
const PIECE = 64 * 1024;

/** Whether a file is there and long. If it cannot be looked at, reading it says why. */
export function isLong(file: string): boolean {
  try {
    return statSync(file).size >= LONG;
  } catch {
    return false;
  }
}

/** The size of a long file; undefined for any other, and one that cannot be sent to a server. */
export function longSize(file: string): TextSize | undefined {
  return isLong(file) ? survey(file, [])?.size : undefined;
}

let buffer: Buffer | undefined;

/** Reads a file. Undefined, with the reason added to `problems`, if it cannot be sent to a server. */
export function survey(file: string, problems: string[]): Survey | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, "r");
    buffer ??= Buffer.allocUnsafeSlow(LONG);
    const bytes = readSync(descriptor, buffer, 0, LONG, null);
    if (bytes === LONG) return surveyLong(file, problems);
    const read = buffer.subarray(0, bytes);
    const text = normalised(file, read.toString("utf8"), () => read, problems);
    return text === undefined ? undefined : { checksum: checksum(text), head: text };
  } catch (error) {
    problems.push(`${file} cannot be read: ${reason(error)}.`);
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function surveyLong(file: string, problems: string[]): Survey | undefined {
  const digest = createHash("sha256");
  let [head, tail] = ["", ""];
  let [units, bytes, semicolons] = [0, 0, 0];
  let [wide, refused] = [false, false];
  try {
    for (const [text, read] of pieces(file)) {
      bytes += read;
      if (text.includes("\0")) refused = true;
      head ||= text;
      tail = (tail + text).slice(-TAIL);
      for (let at = text.indexOf(";"); at >= 0; at = text.indexOf(";", at + 1)) semicolons++;
      units += text.length;
      wide ||= /[^\0-\xff]/.test(text);
      digest.update(text, "utf8");
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_ENCODING_INVALID_ENCODED_DATA") throw error;
    refused = true;
  }
  if (!refused) {
    const memory = units * (wide ? 2 : 1);
    const wrapped = OPENS.test(head) && CLOSES.test(tail);
    const stepwise = readMark(head) === "no-transaction";
    return { checksum: digest.digest("hex"), head, size: { bytes, memory, units, wrapped, stepwise, semicolons } };
  }
  const whole = readFileSync(file);
  if (normalised(file, "\0", () => whole, problems) !== undefined)
    problems.push(`${file} was changed while it was read. Run this again when nothing writes to the folder.`);
  return undefined;
}

/** Reads a text in order, normalised, with the bytes of each piece. @throws ERR_ENCODING_INVALID_ENCODED_DATA if it is not UTF-8 */
function* pieces(file: string): Generator<readonly [text: string, bytes: number]> {
  // Leaves out a byte order mark.
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const descriptor = openSync(file, "r");
  try {
    const piece = Buffer.allocUnsafeSlow(PIECE);
    let waiting = "";
    for (let bytes = -1; bytes !== 0; ) {
      bytes = readSync(descriptor, piece, 0, PIECE, null);
      const text = waiting + decoder.decode(piece.subarray(0, bytes), { stream: bytes > 0 });
      // Its LF may begin the next piece.
      waiting = text.endsWith("\r") && bytes > 0 ? "\r" : "";
      yield [text.slice(0, text.length - waiting.length).replaceAll("\r\n", "\n"), bytes];
    }
  } finally {
    closeSync(descriptor);
  }
}
