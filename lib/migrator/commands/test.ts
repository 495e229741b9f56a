import { EXIT } from "../../contract";
import type { TestResult } from "../api";
import { count } from "../base/events";
import { createMigrator } from "../migrator";
import { type CommandContext, command } from "./command";
import {
  CONNECT_FLAG,
  DIRECTORY_FLAG,
  migratorOptions,
  RUN_FLAGS,
  SCRATCH_FLAG,
  scratchConnection,
  usageProblems,
  WHOLE,
} from "./flags";

/** Never touches the given database; creates another one beside it. */
export const test = command({
  name: "test",
  summary: "Prove that every down file undoes its up file, on a scratch database.",
  description: `Each migration up, down and up again, and at the end all of them down to the beginning and up again. After each step the
catalogue (tables, columns, constraints, indexes, functions, triggers, views, types, comments …) and the number of rows
are compared. A failure does not end it: what follows is tried on a fresh database with the files before it.
A down file that raises an exception by itself counts as irreversible. One that knowingly leaves something says so, as
verify would call it: -- migrate:leaves type mood`,
  flags: {
    from: { ...WHOLE, least: 1, help: "Try version N and above; run those below it up only. [all are tried]" },
    trace: { type: "boolean", help: "Also show what each statement of an up file locks, reads and rewrites." },
    markdown: { type: "boolean", help: "With --trace: as Markdown for a pull request." },
    ...SCRATCH_FLAG,
    ...DIRECTORY_FLAG,
    ...RUN_FLAGS,
    ...CONNECT_FLAG,
  },
  examples: [
    ["migrate test", "on a database that is created on the server of DATABASE_URL and dropped"],
    ["migrate test --scratch postgres://me@localhost/empty", "on that one, which is emptied again"],
    ["migrate test --from 8 --trace", "version 8 and above, with the locks that they take"],
  ],
  exits: {
    [EXIT.sql]: "a file's SQL failed",
    [EXIT.refused]: "a down file does not undo its up file, or there is no scratch database",
  },
  async run(context) {
    const { from, trace, markdown } = context.values;
    if (markdown && !trace) usageProblems(["--markdown is a form of the trace. Add --trace, or leave it out."]);
    if (markdown && context.output.json)
      usageProblems(["--markdown and --json are two forms of one answer. Leave one of them out."]);
    const scratch = scratchConnection(context);
    const options = migratorOptions(scratch ? onlyScratch(context, scratch.url) : context);
    // Markdown is for a file, without what happens meanwhile.
    const log = markdown ? { log: quiet(options.log) } : {};
    const result = await createMigrator({ ...options, ...log }).test({
      trace,
      ...(from !== undefined && { from }),
      ...(scratch && { scratch: scratch.connection }),
    });
    print(context, result, markdown);
    if (result.migrations.some(({ state }) => state === "failed")) return EXIT.sql;
    return result.passed ? EXIT.ok : EXIT.refused;
  },
});

type Log = NonNullable<Parameters<typeof createMigrator>[0]["log"]>;

function quiet(log: Log = () => {}): Log {
  return (event) => {
    if (event.event !== "tested") log(event);
  };
}

/** Then only the scratch database has to be named. */
function onlyScratch(context: CommandContext, url: string): CommandContext {
  const { MIGRATIONS_DIR } = context.environment;
  return { ...context, environment: { DATABASE_URL: url, ...(MIGRATIONS_DIR && { MIGRATIONS_DIR }) } };
}

function print({ output }: CommandContext, { trace = [], ...result }: TestResult, markdown: boolean): void {
  const { renderTrace, markdownTrace } = require("../trace/text") as typeof import("../trace/text");
  if (output.json) {
    for (const { version, file, statements } of trace)
      for (const statement of statements) output.result([], { tracedStatement: true, version, file, ...statement });
  }
  const traced = markdown ? markdownTrace(trace) : renderTrace(trace);
  output.result([...traced, ...describe(result)], { result: "test", ...result });
}

function describe({ migrations, stopped, whole, passed }: TestResult): string[] {
  const lines = migrations.flatMap(({ version, name, state, problems }) =>
    state === "ok"
      ? []
      : [`${version} ${name}: ${state}`, ...problems.map((problem) => `  ${problem.replaceAll("\n", "\n  ")}`)],
  );
  const all = whole?.problems.length
    ? ["all of them, down to the beginning and up again:", ...whole.problems.map((line) => `  ${line}`)]
    : [];
  const undone = migrations.filter(({ state }) => state === "ok").length;
  const untried = migrations.filter(({ state }) => state === "no-down").length;
  const summary = passed
    ? `Passed: ${undone === migrations.length ? `${count(undone, "down file")} ${undone === 1 ? "undoes" : "undo"}` : `${undone} of ${count(migrations.length, "down file")} undo`} what went up${whole ? ", one by one and all at once" : ""}${untried > 0 ? `; ${untried} cannot be tried` : ""}.${leftBy(migrations)}`
    : `Failed: ${undone} of ${count(migrations.length, "migration")} came back as before.`;
  return [...lines, ...(stopped === undefined ? [] : [stopped]), ...all, summary];
}

function leftBy(migrations: TestResult["migrations"]): string {
  const left = migrations.flatMap(({ leaves = [] }) => leaves);
  return left.length > 0 ? ` They leave what they say: ${left.join(", ")}.` : "";
}
