import type { Command } from "../process";
import type { Workload } from "./workload";

/** What a peer can be asked to do. Left out: it has no such command. */
export interface Actions {
  /** Applies everything that is not applied. */
  up?(url: string): Command;
  /** Tells what is applied. */
  status?(url: string): Command;
}

/** A migrator, or what stands for the limit of one. */
export interface Peer {
  readonly name: string;
  /** Whether it is a migrator that ours competes with. @default true */
  readonly competes?: boolean;
  /** Finds or builds the program and writes the workload in its own form into `scratch`, an empty folder. @throws CannotRun */
  prepare(workload: Workload, scratch: string): Promise<Actions>;
}
