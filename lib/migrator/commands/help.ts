import { COMMAND_NAMES, loadCommand } from ".";
import type { Command, Flag } from "./command";
import { GENERAL_FLAGS } from "./flags";

/** What `migrate --help` prints. */
export function generalHelp(): string {
  const commands = COMMAND_NAMES.map(loadCommand);
  const width = Math.max(...COMMAND_NAMES.map((name) => name.length));
  const list = commands.flatMap((command) => (command ? [`  ${command.name.padEnd(width)}  ${command.summary}`] : []));
  return `migrate COMMAND [options]

Migrates a PostgreSQL database, so that nothing is left half-way.

${list.join("\n")}

  migrate COMMAND --help   what a command does and takes
  migrate --version        this release

The database: DATABASE_URL, or PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGSSLMODE …;
each also as NAME_FILE, the path of a file that holds the value.
`;
}

/** What `migrate COMMAND --help` prints. */
export function commandHelp({ name, summary, description, flags }: Command): string {
  const lines = Object.entries({ ...flags, ...GENERAL_FLAGS }).map(
    ([flag, help]) => [usage(flag, help), help.help] as const,
  );
  const width = Math.max(...lines.map(([left]) => left.length));
  const list = lines.map(([left, help]) => `  ${left.padEnd(width)}  ${help}`);
  return `migrate ${name} [options]\n\n${summary}\n\n${description}\n\n${list.join("\n")}\n`;
}

function usage(name: string, { short, placeholder }: Flag): string {
  return `${short ? `-${short}, ` : ""}--${name}${placeholder ? ` ${placeholder}` : ""}`;
}
