import { constants } from "node:buffer";
import { totalmem } from "node:os";
import type { Direction, Migration } from "../files/folder";
import { longSize, type TextSize } from "../files/survey";

const MIB = 1024 * 1024;

/** Memory of a run beside the texts of long files, and of each long file after the first, in bytes. See bench/README.md. */
const BASE = 75 * MIB;
const ANOTHER = 10 * MIB;
/** V8's part of the base, and the heap that it has in the smallest container; in a large one it has half of the memory. */
const BASE_HEAP = 24 * MIB;
const LEAST_HEAP = 256 * MIB;

/** Bytes for each statement and byte of a file that runs statement by statement: PostgreSQL's parser makes a tree of each. */
const STEP = 8 * 1024;
const STEP_BYTE = 4;

/** Limits of a process, in bytes. */
export interface MemoryLimits {
  /** The container's; infinite without one. */
  readonly container: number;
  /** V8's, for the texts and everything else that JavaScript holds. */
  readonly heap: number;
}

interface LongFile {
  readonly file: string;
  readonly size: TextSize;
}

/**
 * Refuses files that this process could not hold, before it is killed over them. Every text stays in memory until all
 * have run; one at a time is there twice, while it is read.
 */
export function tooLarge(migrations: readonly Migration[], direction: Direction, limits = memoryLimits): string[] {
  const files = migrations.flatMap((migration): LongFile[] => {
    const file = migration.files[direction];
    const size = sizeOf(migration, file);
    return size ? [{ file, size }] : [];
  });
  if (files.length === 0) return [];
  const endless = files.filter(({ size }) => size.units > constants.MAX_STRING_LENGTH).map(tooLong);
  return endless.length > 0 ? endless : tooMuch(files, limits());
}

/** Files are checked before the lock is taken and again under it; an estimate needs no second look. */
const sizes = new WeakMap<Migration, Map<string, TextSize | undefined>>();

function sizeOf(migration: Migration, file: string): TextSize | undefined {
  const known = sizes.get(migration) ?? new Map<string, TextSize | undefined>();
  sizes.set(migration, known);
  if (!known.has(file)) known.set(file, longSize(file));
  return known.get(file);
}

function tooLong({ file, size }: LongFile): string {
  return `${file} has ${size.units} characters, and Node.js can hold a text of at most ${constants.MAX_STRING_LENGTH}. Split it.`;
}

function tooMuch(files: readonly LongFile[], { container, heap }: MemoryLimits): string[] {
  const held = files.reduce((sum, { size }) => sum + heldBy(size), (files.length - 1) * ANOTHER);
  const read = Math.max(...files.map(({ size }) => size.bytes));
  const bytes = files.reduce((sum, { size }) => sum + size.bytes, 0);
  const names = `${files.map(({ file, size }) => `${file} (${megabytes(size.bytes)} MB)`).join(" and ")} ${files.length === 1 ? "needs" : "need together"}`;
  const split = `Split ${files.length === 1 ? "it" : "them, or run them one by one (--to)"}, or `;
  const fitting = (room: number, need: number) => `${megabytes(Math.max(0, bytes * (room / need)))} MB of such text`;
  if (BASE + held + read > container) {
    const need = Math.max(BASE + held + read, BASE_HEAP + held > LEAST_HEAP ? 2 * (BASE_HEAP + held) : 0);
    return [
      `${names} about ${mebibytes(need)} MiB of memory, and this container may use ${mebibytes(container)} MiB, in which ${fitting(container - BASE, held + read)} fit. ${split}raise the container's memory limit to ${mebibytes(need)}Mi.`,
    ];
  }
  if (BASE_HEAP + held <= heap) return [];
  return [
    `${names} about ${mebibytes(BASE_HEAP + held)} MiB of Node.js's own heap, which may grow to ${mebibytes(heap)} MiB, in which ${fitting(heap - BASE_HEAP, held)} fit. ${split}set NODE_OPTIONS=--max-old-space-size=${mebibytes(BASE_HEAP + held)}.`,
  ];
}

/** Bytes that a text takes until it has run. A transaction of its own is blanked out in a copy. */
function heldBy({ bytes, memory, wrapped, semicolons, stepwise }: TextSize): number {
  return memory * (wrapped ? 2 : 1) + (stepwise ? semicolons * STEP + bytes * STEP_BYTE : 0);
}

/** Reads the limits of this process. A container without one has the machine's memory, which is no limit here. */
function memoryLimits(): MemoryLimits {
  const constrained = process.constrainedMemory?.() ?? 0;
  const { getHeapStatistics } = require("node:v8") as typeof import("node:v8");
  return {
    container: constrained > 0 && constrained < totalmem() ? constrained : Number.POSITIVE_INFINITY,
    heap: getHeapStatistics().heap_size_limit,
  };
}

const megabytes = (bytes: number) => (Math.floor(bytes / 100_000) / 10).toFixed(1);
const mebibytes = (bytes: number) => Math.ceil(bytes / MIB);
