import { EXIT } from "../../contract";
import { count } from "../base/events";
import { type LintedFile, type LintResult, lint as lintFiles } from "../lint/lint";
import { migrationsDirectory } from "../settings/directory";
import { command } from "./command";
import { DIRECTORY_FLAG } from "./flags";

/** Touches no database. */
export const lint = command({
  name: "lint",
  summary: "Look for SQL that would hold others up or break them; exit 5 for a finding.",
  description: `The rules of \`plan\` without a database: tables that earlier files make count as big, those of the file itself as new.
A comment on or above a statement puts a rule aside, with its reason:
  -- lint:ignore index-blocks-writes: the table is empty until the service is deployed
lint:ignore-file does that for a whole file. A comment without a reason, or against nothing, is a finding itself.`,
  operands: [{ name: "FILES", help: "Only these files. [every file of the folder]", many: true, optional: true }],
  flags: { ...DIRECTORY_FLAG },
  examples: [
    ["migrate lint", "every file of the folder"],
    ["migrate lint migrations/000008_*.up.sql", "one file, after what the files before it make"],
  ],
  exits: { [EXIT.refused]: "something was found" },
  async run({ values, environment, output, signal }) {
    const files = values.FILES.filter(Boolean);
    const directory = migrationsDirectory(values.dir, environment);
    const result = await lintFiles({ directory, signal, ...(files.length > 0 && { files }) });
    const found = result.files.reduce((sum, file) => sum + file.findings.length, result.problems.length);
    for (const { file, findings } of output.json ? result.files : [])
      for (const finding of findings) output.result([], { finding: true, file, ...finding });
    const { problems } = result;
    output.result(render(result, found), {
      result: "lint",
      files: result.files.length,
      findings: found,
      problems,
    });
    return found > 0 ? EXIT.refused : EXIT.ok;
  },
});

function render({ files, problems }: LintResult, found: number): string[] {
  const summary = found === 0 ? "nothing found" : count(found, "finding");
  return [
    ...problems.map((problem) => `  - ${problem.replaceAll("\n", "\n    ")}`),
    ...files.flatMap(renderFile),
    `${count(files.length, "file")}: ${summary}.`,
  ];
}

function renderFile({ file, findings }: LintedFile): string[] {
  return findings.flatMap(({ rule, line, column, why, instead }) => [
    `${file}:${line}:${column}: ${rule}`,
    `  ${why}`,
    `  instead: ${instead}`,
    "",
  ]);
}
