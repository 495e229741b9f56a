import type { Command, Flag, Operand } from "../command";
import { flagsOf, INSTEAD_OF_A_COMMAND, isFolder } from "./options";

export function zsh(commands: readonly Command[]): string {
  const names = commands.map(({ name, summary }) => `    '${name}:${quoted(summary)}'`);
  const instead = Object.entries(INSTEAD_OF_A_COMMAND).map(([name, help]) => `'--${name}[${text(help)}]'`);
  return `#compdef migrate
_migrate() {
  local -a commands
  commands=(
${names.join("\n")}
  )
  if (( CURRENT == 2 )); then
    if [[ $words[2] == -* ]]; then _arguments ${instead.join(" ")}; else _describe command commands; fi
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${commands.map(options).join("\n")}
  esac
}
# Read by source, or found in $fpath by compinit, where the first call has only defined it.
if [[ $funcstack[1] == _migrate ]]; then _migrate "$@"; else compdef _migrate migrate; fi
`;
}

function options(command: Command): string {
  const flags = flagsOf(command).map(([name, flag]) => {
    const value = flag.type === "boolean" ? "" : `:${flag.placeholder ?? "VALUE"}:${values(flag)}`;
    return `'--${name}${value && "="}[${text(flag.help)}]${value}'`;
  });
  return `    ${command.name}) _arguments ${[...flags, ...operand(command.operand)].join(" \\\n      ")} ;;`;
}

function values(flag: Flag): string {
  if (isFolder(flag)) return "_files -/";
  return flag.choices ? `(${flag.choices.join(" ")})` : "";
}

function operand(taken: Operand | undefined): string[] {
  if (!taken) return [];
  if (taken.many) return [`'*:${taken.name}:_files'`];
  return [taken.choices ? `'1:${taken.name}:(${taken.choices.join(" ")})'` : `'*:${taken.name}:'`];
}

/** Inside of single quotes. */
function quoted(line: string): string {
  return line.replaceAll("'", "'\\''");
}

/** The same, with what _arguments gives a meaning. */
function text(line: string): string {
  return quoted(line).replace(/[[\]:]/g, (character) => `\\${character}`);
}
