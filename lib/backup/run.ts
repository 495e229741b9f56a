import { type CommandLine, commandLine, parseCommandLine } from "../common/command-line";
import { columns } from "../common/command-line/help";
import { runProgram } from "../common/command-line/program";
import { COMMANDS } from "./commands";
import { BACKUP_EXIT, type Command, type Context } from "./commands/command";
import { BackupError } from "./errors";

const PROGRAM = commandLine({
  name: "backup",
  start: "backup",
  description: "Stores encrypted dumps of PostgreSQL, and gets them back.",
  options: {},
  operands: [
    { name: "COMMAND", help: "One of the commands below.", choices: COMMANDS.map(({ declared }) => declared.name) },
  ],
  notes: `Commands (\`backup COMMAND --help\` has the options):
${columns(COMMANDS.map(({ declared: { name, description } }) => [name, description]))}`,
});

/** Runs `backup` with its arguments. Returns its exit code. */
export async function runBackup(args: readonly string[], context: Context): Promise<number> {
  const { terminal } = context;
  const chosen = COMMANDS.find(({ declared }) => declared.name === args[0]);
  try {
    if (chosen) return await runCommand(chosen, args.slice(1), context);
    return await runProgram(
      PROGRAM,
      () => parseCommandLine(PROGRAM, args),
      () => BACKUP_EXIT.usage,
      terminal,
    );
  } catch (error) {
    if (!(error instanceof BackupError)) throw error;
    terminal.err(`${error.message}\n`);
    return BACKUP_EXIT.failure;
  }
}

function runCommand({ declared, rules, run }: Command, args: readonly string[], context: Context): Promise<number> {
  const parse = () => parseCommandLine(declared as CommandLine, args, rules as (values: unknown) => readonly string[]);
  return runProgram(declared, parse, (values) => run(values as never, context), context.terminal);
}
