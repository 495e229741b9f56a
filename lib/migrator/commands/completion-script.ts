import { COMMAND_NAMES, loadCommand } from ".";
import { bash } from "./shells/bash";
import { fish } from "./shells/fish";
import { zsh } from "./shells/zsh";

/** A script for a shell, which knows all commands and their options and asks `migrate` nothing. */
export function completionScript(shell: "bash" | "zsh" | "fish"): string {
  const commands = COMMAND_NAMES.flatMap((name) => loadCommand(name) ?? []);
  return { bash, zsh, fish }[shell](commands);
}
