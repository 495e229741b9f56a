import { isUtf8 } from "node:buffer";
import { createHash, hash } from "node:crypto";
import { readFileSync } from "node:fs";

const AS_TEXT = { encoding: "utf8" } as const;

/**
 * The text of an SQL file, normalised: without a byte order mark, with LF for CRLF. What is hashed is what runs.
 * Undefined, with the reason added to `problems`, if it cannot be sent to a server.
 */
export function readText(file: string, problems: string[]): string | undefined {
  try {
    // Node reads a file as text in half the time. Bytes that are not UTF-8 show as U+FFFD.
    const text = readFileSync(file, AS_TEXT);
    return normalised(file, text, () => readFileSync(file), problems);
  } catch (error) {
    problems.push(`${file} cannot be read: ${reason(error)}.`);
    return undefined;
  }
}

/** The same of a text that has been read, and its bytes. */
export function normalised(file: string, text: string, bytes: () => Buffer, problems: string[]): string | undefined {
  if (!/[\0\r\ufeff\ufffd]/.test(text)) return text;
  if (!text.includes("\ufffd") && !text.includes("\0")) return normalise(text);
  return textOf(file, bytes(), problems);
}

function normalise(text: string): string {
  return text.replace(/^\ufeff/, "").replaceAll("\r\n", "\n");
}

function textOf(file: string, bytes: Buffer, problems: string[]): string | undefined {
  const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (utf16) problems.push(`${file} is UTF-16. Save it as UTF-8.`);
  else if (!isUtf8(bytes))
    problems.push(`${file} is not UTF-8: the first wrong byte is in line ${wrongLine(bytes)}. Save it as UTF-8.`);
  else if (bytes.includes(0))
    problems.push(
      `${file} holds a NUL byte in line ${lineOf(bytes, bytes.indexOf(0))}, which no SQL text may. Remove it.`,
    );
  else return normalise(bytes.toString("utf8"));
  return undefined;
}

/** SHA-256 in hex over a text that `readText` normalised, so that no checkout on Windows looks like a change. */
export function checksum(text: string): string {
  // `hash` (Node 20.12) halves the time for a short text.
  return hash?.("sha256", text, "hex") ?? createHash("sha256").update(text, "utf8").digest("hex");
}

/** A line end is never part of a longer character, so the first invalid line holds the first wrong byte. */
function wrongLine(bytes: Buffer): number {
  for (let start = 0, line = 1; ; line++) {
    const end = bytes.indexOf(10, start);
    if (end < 0 || !isUtf8(bytes.subarray(start, end))) return line;
    start = end + 1;
  }
}

function lineOf(bytes: Buffer, offset: number): number {
  let line = 1;
  for (let at = bytes.indexOf(10); at >= 0 && at < offset; at = bytes.indexOf(10, at + 1)) line++;
  return line;
}

/** Explains why a file or folder cannot be read. */
export function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const known: Record<string, string> = {
    ENOENT: "it does not exist",
    ENOTDIR: "it is not a folder",
    EISDIR: "it is a folder",
    ELOOP: "its links lead in a circle",
    EACCES: "this user may not read it",
  };
  return known[code ?? ""] ?? message;
}
