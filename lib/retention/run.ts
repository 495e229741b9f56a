import type { ClientConfig } from "pg";
import { parseCommandLine, UsageError } from "../common/command-line";
import { runProgram, type Terminal } from "../common/command-line/program";
import { connect } from "../migrator/database/connection";
import { readConnection } from "../migrator/settings/connection";
import { type Environment, Sources } from "../migrator/settings/sources";
import { exitCodeOf, patient } from "./ask";
import { COMMAND_LINE, missing, type Settings } from "./command-line";
import { TASKS, type Task } from "./tasks";

/** Everything that the program touches besides its arguments. */
export interface Surroundings {
  readonly environment: Environment;
  readonly terminal: Terminal;
}

/** Runs `retention` with its arguments. Returns its exit code, which is not 0 if any task failed. */
export async function runRetention(args: readonly string[], { environment, terminal }: Surroundings): Promise<number> {
  return await runProgram(
    COMMAND_LINE,
    () => parseCommandLine(COMMAND_LINE, args, missing) as Settings | undefined,
    async (settings) => {
      const sources = new Sources(environment);
      const connection = readConnection(sources);
      if (sources.problems.length > 0) throw new UsageError(sources.problems);
      return await runTasks(settings, connection, terminal);
    },
    terminal,
  );
}

async function runTasks(settings: Settings, connection: ClientConfig, { out, err }: Terminal): Promise<number> {
  const failures: unknown[] = [];
  for (const task of TASKS) {
    try {
      const done = await runTask(task, settings, connection, (text) => err(`${task.name}: ${text}\n`));
      for (const line of done) out(`${task.name}: ${line}\n`);
    } catch (error) {
      failures.push(error);
      err(`${task.name} failed: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
  return exitCodeOf(failures);
}

/** Runs a task on a connection of its own, so that a lost one costs no other task. */
async function runTask(task: Task, settings: Settings, connection: ClientConfig, remark: (text: string) => void) {
  const client = await connect({
    connection,
    purpose: `retention ${task.name}`,
    primary: true,
    tries: () => settings["connect-tries"],
    passwordWaitSeconds: settings["password-wait"],
    log: ({ message }) => remark(message),
  });
  try {
    return await task.run(await patient(client, remark), settings);
  } finally {
    await client.end();
  }
}
