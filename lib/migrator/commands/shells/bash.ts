import type { Command } from "../command";
import { flagsOf, INSTEAD_OF_A_COMMAND, isFolder } from "./options";

export function bash(commands: readonly Command[]): string {
  const first = [...commands.map(({ name }) => name), ...Object.keys(INSTEAD_OF_A_COMMAND).map((name) => `--${name}`)];
  return `# bash completion of migrate
_migrate() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} words= valued= files=
  COMPREPLY=()
  # In --dir=x the sign is a word.
  if [ "$current" = = ]; then current=; elif [ "$previous" = = ]; then previous=\${COMP_WORDS[COMP_CWORD-2]}; fi
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${first.join(" ")}' -- "$current"))
    return
  fi
  if [ "$previous" = --dir ]; then
    compopt -o filenames 2>/dev/null
    local IFS=$'\\n'
    COMPREPLY=($(compgen -d -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]} $previous" in
${commands.flatMap(choices).join("\n")}
  esac
  case "\${COMP_WORDS[1]}" in
${commands.map(options).join("\n")}
  esac
  case "$valued" in *" $previous "*) return ;; esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  case "$files$current" in
    yes-*) ;;
    yes*)
      compopt -o filenames 2>/dev/null
      local IFS=$'\\n'
      COMPREPLY=($(compgen -f -- "$current")) ;;
  esac
}
complete -F _migrate migrate
`;
}

/** What may follow an option of few values. */
function choices(command: Command): string[] {
  return flagsOf(command).flatMap(([name, flag]) =>
    flag.choices
      ? [
          `    '${command.name} --${name}') COMPREPLY=($(compgen -W '${flag.choices.join(" ")}' -- "$current")); return ;;`,
        ]
      : [],
  );
}

function options(command: Command): string {
  const flags = flagsOf(command);
  const words = [...flags.map(([name]) => `--${name}`), ...(command.operand?.choices ?? [])].join(" ");
  const valued = flags.filter(([, flag]) => flag.type === "string" && !isFolder(flag)).map(([name]) => `--${name}`);
  const files = command.operand?.many ? " files=yes" : "";
  return `    ${command.name}) words='${words}' valued=' ${valued.join(" ")} '${files} ;;`;
}
