import { COMMAND_NAMES, loadCommand } from ".";
import type { Command, Flag } from "./command";
import { GENERAL_FLAGS } from "./flags";

/** A script for a shell, which knows all commands and their options and asks `migrate` nothing. */
export function completionScript(shell: "bash" | "zsh" | "fish"): string {
  const commands = COMMAND_NAMES.flatMap((name) => loadCommand(name) ?? []);
  return { bash, zsh, fish }[shell](commands);
}

function flagsOf(command: Command): [name: string, flag: Flag][] {
  return Object.entries({ ...command.flags, ...GENERAL_FLAGS });
}

function isFolder(flag: Flag): boolean {
  return flag.placeholder === "FOLDER";
}

function bash(commands: readonly Command[]): string {
  const cases = commands.map((command) => {
    const flags = flagsOf(command);
    const words = [...flags.map(([name]) => `--${name}`), ...(command.operand?.choices ?? [])].join(" ");
    const valued = flags.filter(([, flag]) => flag.type === "string" && !isFolder(flag)).map(([name]) => `--${name}`);
    return `    ${command.name}) words='${words}' valued=' ${valued.join(" ")} ' ;;`;
  });
  return `# bash completion of migrate
_migrate() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} words= valued=
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${COMMAND_NAMES.join(" ")} --help --version' -- "$current"))
    return
  fi
  if [ "$previous" = --dir ]; then
    compopt -o filenames 2>/dev/null
    local IFS=$'\\n'
    COMPREPLY=($(compgen -d -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
  case "$valued" in *" $previous "*) return ;; esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _migrate migrate
`;
}

/** Inside of single quotes, in zsh with what _arguments gives a meaning. */
function zshText(text: string): string {
  return text.replaceAll("'", "'\\''").replace(/[[\]:]/g, (character) => `\\${character}`);
}

function zsh(commands: readonly Command[]): string {
  const names = commands.map(({ name, summary }) => `    '${name}:${summary.replaceAll("'", "'\\''")}'`);
  const cases = commands.map((command) => {
    const flags = flagsOf(command).map(([name, flag]) => {
      const value =
        flag.type === "boolean" ? "" : `:${flag.placeholder ?? "VALUE"}:${isFolder(flag) ? "_files -/" : ""}`;
      return `'--${name}[${zshText(flag.help)}]${value}'`;
    });
    const { operand } = command;
    const words = operand ? [`'*:${operand.name}:${operand.choices ? `(${operand.choices.join(" ")})` : ""}'`] : [];
    return `    ${command.name}) _arguments ${[...flags, ...words].join(" \\\n      ")} ;;`;
  });
  return `#compdef migrate
_migrate() {
  local -a commands
  commands=(
${names.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join("\n")}
  esac
}
compdef _migrate migrate
`;
}

function fish(commands: readonly Command[]): string {
  const text = (line: string) => `'${line.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const lines = commands.flatMap((command) => [
    `complete -c migrate -f -n __fish_use_subcommand -a ${command.name} -d ${text(command.summary)}`,
    ...flagsOf(command).map(([name, flag]) => {
      const value = flag.type === "boolean" ? "" : isFolder(flag) ? ` -x -a '(__fish_complete_directories)'` : " -x";
      const short = flag.short ? ` -s ${flag.short}` : "";
      return `complete -c migrate -f -n '__fish_seen_subcommand_from ${command.name}' -l ${name}${short}${value} -d ${text(flag.help)}`;
    }),
    ...(command.operand?.choices
      ? [
          `complete -c migrate -f -n '__fish_seen_subcommand_from ${command.name}' -a '${command.operand.choices.join(" ")}'`,
        ]
      : []),
  ]);
  return `# fish completion of migrate\n${lines.join("\n")}\n`;
}
