import type { Command, Flag } from "../command";
import { GENERAL_FLAGS } from "../flags";

/** What may stand in place of a command. */
export const INSTEAD_OF_A_COMMAND = { help: "Print the commands.", version: "Print the release." } as const;

export function flagsOf(command: Command): [name: string, flag: Flag][] {
  return Object.entries({ ...command.flags, ...GENERAL_FLAGS });
}

export function isFolder(flag: Flag): boolean {
  return flag.placeholder === "FOLDER";
}
