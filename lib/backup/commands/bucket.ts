import { commandLine, UsageError } from "../../common/command-line";
import { bucketDocuments, bucketScript, STORE_KINDS } from "../bucket";
import { parseTarget } from "../target";
import { BACKUP_EXIT, command } from "./command";
import { TARGET_OPTIONS } from "./target-options";

/** Sends nothing: it only prints. */
export const bucket = command({
  declared: commandLine({
    name: "bucket",
    oneOfSeveral: true,
    start: "backup bucket",
    description: "Prints the shell script that makes the bucket of a target: policy, Object Lock, lifecycle and users.",
    options: {
      ...TARGET_OPTIONS,
      for: { type: "string", placeholder: "STORE", choices: STORE_KINDS, help: `${STORE_KINDS.join(", ")}. [aws]` },
      "keep-days": {
        type: "number",
        placeholder: "N",
        least: 1,
        most: 36_500,
        help: "Days that every backup is kept and locked.",
      },
      writer: { type: "string", placeholder: "USER", help: "User of the backup's Job. [diabrisk-backup]" },
      drill: { type: "string", placeholder: "USER", help: "User of the drill. [diabrisk-drill]" },
      account: { type: "string", placeholder: "ID", help: "Account of both users, twelve digits. For aws." },
      json: { type: "boolean", help: "Print the documents alone: policy, objectLock, lifecycle." },
    },
    operands: [],
    notes: "Exit codes: 0 printed, 2 wrong arguments.",
  }),
  rules: ({ "keep-days": keepDays, for: kind = "aws", account, writer = "", drill = "" }) => [
    ...[writer, drill]
      .filter((user) => !/^[\w+=.@-]{0,64}$/.test(user))
      .map((user) => `${JSON.stringify(user)} is no user: it takes up to 64 letters, digits and _ + = . @ -.`),
    ...(keepDays ? [] : ["--keep-days is missing: the days that every backup is kept."]),
    ...(kind !== "aws" || /^\d{12}$/.test(account ?? "")
      ? []
      : ["--account is missing: the twelve digits of the AWS account of both users."]),
  ],
  async run(values, { environment, terminal }) {
    const target = parseTarget(values.target ?? environment.BACKUP_TARGET ?? "");
    if ("problem" in target) throw new UsageError([target.problem]);
    if (target.kind !== "s3") throw new UsageError(["The target is a volume, which needs no bucket."]);
    const { for: kind = "aws", writer = "diabrisk-backup", drill = "diabrisk-drill", account } = values;
    const region = values.region ?? environment.AWS_REGION ?? "us-east-1";
    const options = { ...target, kind, region, keepDays: values["keep-days"] ?? 0, writer, drill, account };
    terminal.out(values.json ? `${JSON.stringify(bucketDocuments(options), undefined, 2)}\n` : bucketScript(options));
    return BACKUP_EXIT.ok;
  },
});
