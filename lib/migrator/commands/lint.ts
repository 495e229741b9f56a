import { EXIT } from "../../contract";
import { count } from "../base/events";
import { type LintResult, lint as lintFiles } from "../lint/lint";
import { renderFindings, summaryOf } from "../lint/summary";
import { migrationsDirectory } from "../settings/directory";
import { command } from "./command";
import { DIRECTORY_FLAG } from "./flags";
import { projectOf } from "./project";

/** Touches no database. */
export const lint = command({
  name: "lint",
  summary: "Look for SQL that would hold others up or break them; exit 5 for a finding.",
  description: `The rules of \`plan\` without a database: tables that earlier files make count as big, those of the file itself as new.
A comment on or above a statement puts a rule aside, with its reason:
  -- lint:ignore index-blocks-writes: the table is empty until the service is deployed
lint:ignore-file does that for a whole file, and migrate.json for all files up to a version. A comment or entry against
nothing is a finding itself. What is set aside is counted, and told one by one with --json.`,
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
    const { lint: rules } = await projectOf(directory);
    const result = await lintFiles({ directory, rules, signal, ...(files.length > 0 && { files }) });
    const found = result.files.reduce((sum, file) => sum + file.findings.length, result.problems.length);
    for (const { file, findings, setAside } of output.json ? result.files : []) {
      for (const finding of findings) output.result([], { finding: true, file, ...finding });
      for (const finding of setAside) output.result([], { setAside: true, file, ...finding });
    }
    const { problems } = result;
    output.result(render(result), {
      result: "lint",
      files: result.files.length,
      findings: found,
      setAside: setAsideOf(result),
      problems,
    });
    return found > 0 ? EXIT.refused : EXIT.ok;
  },
});

function setAsideOf({ files }: LintResult): number {
  return files.reduce((sum, { setAside }) => sum + setAside.length, 0);
}

function render(result: LintResult): string[] {
  const { files, problems } = result;
  const findings = files.flatMap((file) => file.findings);
  const aside = setAsideOf(result);
  return [
    ...problems.map((problem) => `  - ${problem.replaceAll("\n", "\n    ")}`),
    ...files.flatMap((each) => renderFindings(each.file, each.findings).flatMap((lines) => [...lines, ""])),
    `${count(files.length, "file")}: ${summaryOf(findings, problems.length)}${aside > 0 ? `; ${aside} set aside` : ""}.`,
  ];
}
