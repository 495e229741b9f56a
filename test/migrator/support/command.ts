import type { ExitCode } from "../../../lib/migrator/base/errors";
import { runMigrate, type Surroundings } from "../../../lib/migrator/cli";
import { roles } from "../../../lib/roles";

export interface Ran {
  readonly code: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
}

/** `migrate` in this process; nobody is there to answer it unless `ask` is given. */
export async function migrateHere(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  surroundings: Partial<Surroundings> = {},
): Promise<Ran> {
  const output = { stdout: "", stderr: "" };
  const code = await runMigrate({
    args,
    environment,
    stdout: (text) => {
      output.stdout += text;
    },
    stderr: (text) => {
      output.stderr += text;
    },
    signal: new AbortController().signal,
    interactive: surroundings.ask !== undefined,
    ask: async (question) => {
      throw new Error(`Nobody was to be asked: ${question}`);
    },
    addition: roles,
    ...surroundings,
  });
  return { code, ...output };
}
