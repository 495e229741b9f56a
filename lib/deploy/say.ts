/** The kinds of progress, as `--json` names them. */
export const EVENT_TYPES = [
  "message",
  "applying",
  "applied",
  "waiting",
  "ready",
  "log",
  "growing",
  "replaced",
  "diagnosis",
  "error",
  "stopped",
  "deployed",
] as const;

/** The content of a line of progress, for programs. */
export interface Facts {
  readonly type: (typeof EVENT_TYPES)[number];
  /** kubectl's name of the object that it is about, or a file's name. */
  readonly object?: string;
  /** The object's state, e.g. `"0/1 ready"`. */
  readonly state?: string;
  /** Seconds since this began. */
  readonly seconds?: number;
  /** Seconds after which a wait is given up. */
  readonly limit?: number;
}

/** Receives progress: a line for people, and the same for programs. @param facts @default a message */
export type Say = (line: string, facts?: Facts) => void;
