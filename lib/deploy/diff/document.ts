import type { FieldChange } from "./fields";
import type { Outlook } from "./outlook";
import type { Runbook } from "./refusal";

/** The effect that deploying would have on one object. */
export interface ObjectChange {
  /** e.g. `statefulset/postgres`. */
  readonly object: string;
  /** `unserved`: the cluster has no such kind, so nothing could judge it. */
  readonly state: "created" | "changed" | "unchanged" | "refused" | "unserved";
  /** Fields that would change, or that differ from the object's predecessor. Names alone of a Secret. */
  readonly fields: readonly FieldChange[];
  /** The object whose place it takes, if both are named by their content. */
  readonly replaces?: string;
  /** The server's words, and what to do. */
  readonly refusal?: { readonly message: string; readonly runbook?: Runbook };
  /** Something else to know, e.g. that running pods read it without a restart. */
  readonly note?: string;
}

/** Pods that would be replaced. */
export interface Restart {
  readonly object: string;
  /** `restart`: all its pods stop before new ones start. `rolling`: new ones are ready before old ones stop. */
  readonly kind: "restart" | "rolling";
  readonly pods: number;
  /** About how long nobody answers, in seconds. */
  readonly downtimeSeconds: number;
  /** About how long all of it takes, in seconds. */
  readonly seconds: number;
  /** Source of the figures. */
  readonly basis: string;
  /** Fields that are the reason, in words. */
  readonly because: readonly string[];
}

/** The fate of a Job of this release. */
export interface PlannedJob {
  readonly object: string;
  /** `new`: it is made. `again`: it failed, and is made again. `running`, `done`: it is there and stays. */
  readonly state: "new" | "again" | "running" | "done" | "refused";
  /** Its migrations' effects. Present if it would run. */
  readonly outlook?: Outlook;
}

/** An object of this installation that the release no longer has. */
export interface Leftover {
  readonly object: string;
  /** Whether every release leaves such objects. */
  readonly expected: boolean;
  readonly note: string;
}

/** All that `npm run deploy` would do to a stage. */
export interface Diff {
  readonly stage: string;
  readonly context: string;
  readonly namespace: string;
  /** Whether the namespace has yet to be made, so that the API server could not check what goes into it. */
  readonly newNamespace: boolean;
  /** `refused`: `npm run deploy` would stop. */
  readonly result: "unchanged" | "changes" | "refused";
  /** Reasons to stop before anything is applied. */
  readonly problems: readonly string[];
  /** Checks that could not be made, each with the reason. */
  readonly unchecked: readonly string[];
  /** Facts that do not stand against deploying, such as an open bug of an operator that applies now. */
  readonly remarks: readonly string[];
  readonly objects: readonly ObjectChange[];
  readonly restarts: readonly Restart[];
  readonly jobs: readonly PlannedJob[];
  readonly leftovers: readonly Leftover[];
}
