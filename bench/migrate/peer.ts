import type { Command } from "../process";
import type { Workload } from "./workload";

/** The actions of a peer. A missing one means that it has no such command. */
export interface Actions {
  /** Applies everything that is pending. */
  up?(url: string): Command;
  /** Reports what is applied. */
  status?(url: string): Command;
}

/** A migrator, or a lower bound for one. */
export interface Peer {
  readonly name: string;
  /** Whether it is a migrator that ours competes with. @default true */
  readonly competes?: boolean;
  /**
   * Finds or builds the program, and writes the workload in its own form into `scratch`, an empty folder.
   * @throws CannotRun
   */
  prepare(workload: Workload, scratch: string): Promise<Actions>;
}
