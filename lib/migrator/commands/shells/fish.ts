import type { Command, Flag } from "../command";
import { flagsOf, INSTEAD_OF_A_COMMAND, isFolder } from "./options";

export function fish(commands: readonly Command[]): string {
  const first = commands.map(
    ({ name, summary }) => `complete -c migrate -n __migrate_first -a ${name} -d ${text(summary)}`,
  );
  const instead = Object.entries(INSTEAD_OF_A_COMMAND).map(
    ([name, help]) => `complete -c migrate -n __migrate_first -l ${name} -d ${text(help)}`,
  );
  return `# fish completion of migrate
function __migrate_first
  test (count (commandline -opc)) -eq 1
end
function __migrate_command
  set -l words (commandline -opc)
  test (count $words) -gt 1; and test $words[2] = $argv[1]
end
complete -c migrate -f
${[...first, ...instead, ...commands.flatMap(options)].join("\n")}
`;
}

function options(command: Command): string[] {
  const start = `complete -c migrate -n '__migrate_command ${command.name}'`;
  const { operand } = command;
  return [
    ...flagsOf(command).map(([name, flag]) => {
      const short = flag.short ? ` -s ${flag.short}` : "";
      return `${start} -l ${name}${short}${values(flag)} -d ${text(flag.help)}`;
    }),
    ...(operand?.choices ? [`${start} -a '${operand.choices.join(" ")}'`] : []),
    ...(operand?.many ? [`${start} -F`] : []),
  ];
}

function values(flag: Flag): string {
  if (flag.type === "boolean") return "";
  if (isFolder(flag)) return " -x -a '(__fish_complete_directories)'";
  return flag.choices ? ` -x -a '${flag.choices.join(" ")}'` : " -x";
}

function text(line: string): string {
  return `'${line.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
