import { sizeOf } from "../common/amounts";
import type { Finding } from "./document";
import { type Limits, percent, stateAbove } from "./wording";

/** Parts of a volume, as the alert PostgresVolumeFilling has them. */
const FILLING: Limits = { warning: 0.8, failed: 0.95 };

export interface Volume {
  readonly name: string;
  /** Bytes of its file system. */
  readonly bytes: number;
  readonly used: number;
}

/** Judges how full a volume is. */
export function volumeOf({ name, bytes, used }: Volume): Finding {
  const part = used / bytes;
  return {
    state: stateAbove(part, FILLING),
    text: `${name} is ${percent(part)} full: ${sizeOf(used)} of ${sizeOf(bytes)}.`,
    values: { used: Number(part.toFixed(4)) },
  };
}
