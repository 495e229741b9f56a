import { columns, helpText } from "../../common/command-line/help";
import { EXIT } from "../../contract";
import { commandLineOf } from "./arguments";
import type { Command } from "./command";
import { type Addition, commandNames, loadCommand } from "./index";

/** Exit codes of every command. */
const COMMON_EXITS = {
  [EXIT.ok]: "done, or nothing to do",
  [EXIT.failure]: "an unexpected failure",
  [EXIT.usage]: "bad arguments or settings",
} as const;
/** Further exit codes of every command that connects. */
const CONNECTED_EXITS = {
  [EXIT.unreachable]: "the database was not reachable or takes no writes, or the connection was lost",
  [EXIT.signalled]: "stopped by SIGTERM or SIGINT",
} as const;

/** Writes the text of `migrate --help`. */
export function generalHelp(addition: Addition): string {
  const list = commandNames(addition).flatMap((name) => {
    const command = loadCommand(name, addition);
    return command ? [[name, command.summary] as const] : [];
  });
  return `migrate COMMAND [options]

Migrates a PostgreSQL database, so that nothing is left half-way.

${columns(list)}

  migrate COMMAND --help   what a command does and takes, examples, exit codes
  migrate --version        this release

The database: DATABASE_URL, or PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGSSLMODE …;
each also as NAME_FILE, the path of a file that holds the value.
`;
}

/** Writes the text of `migrate COMMAND --help`. */
export function commandHelp(command: Command): string {
  const { examples = [] } = command;
  const exits = Object.entries(exitCodes(command)).map(([code, meaning]) => [code, meaning] as const);
  const shown = examples.length > 0 ? `Examples:\n${columns(examples)}\n\n` : "";
  return helpText({ ...commandLineOf(command), notes: `${shown}Exit codes:\n${columns(exits)}` });
}

function exitCodes({ exits, flags }: Command): Readonly<Record<string, string>> {
  return { ...COMMON_EXITS, ...("connect-tries" in flags ? CONNECTED_EXITS : {}), ...exits };
}
