import { STORE_KINDS } from "../../backup";
import { commandLine, parseCommandLine } from "../../common/command-line";

export type BackupArguments =
  | { readonly command: "keygen"; readonly to?: string }
  | { readonly command: "now"; readonly stage: string }
  | { readonly command: "list"; readonly stage: string; readonly json: boolean; readonly endpoint?: string }
  | { readonly command: "verify"; readonly stage: string; readonly id: string; readonly endpoint?: string }
  | {
      readonly command: "bucket";
      readonly stage: string;
      /** Options of `backup bucket` as they were given, e.g. `["--account", "…"]`. */
      readonly passed: readonly string[];
    };

const KEYGEN = "keygen";
const ACTIONS = ["list", "verify", "bucket"] as const;

export const backupCommandLine = (stages: readonly string[]) =>
  commandLine({
    name: "backup",
    start: "npm run backup --",
    description: `STAGE --now        backs the stage up at once, and follows the Job
STAGE [list]       the backups: age, size, rows, schema version, last drill
STAGE verify ID    reads a stored backup to its end and compares it with its manifest
STAGE bucket       the rules that the bucket needs, to be given to its owner
keygen             makes a key pair of age, and says where each half goes

A bucket is read with your own AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`,
    options: {
      now: { type: "boolean", help: "Back the stage up at once." },
      json: { type: "boolean", help: "For list: print JSON." },
      endpoint: {
        type: "string",
        placeholder: "URL",
        help: "For list and verify: another way to the bucket's server, e.g. a forwarded port.",
      },
      for: {
        type: "string",
        placeholder: "STORE",
        help: `For bucket: ${STORE_KINDS.join(" or ")}. [aws]`,
        choices: STORE_KINDS,
      },
      account: { type: "string", placeholder: "ID", help: "For bucket: the AWS account, twelve digits." },
      to: {
        type: "string",
        placeholder: "FILE",
        help: "For keygen: a new file for the private key, with mode 0600. By default it is printed.",
      },
    },
    operands: [
      { name: "STAGE", help: `One of ${stages.join(", ")}; or ${KEYGEN}.`, choices: [...stages, KEYGEN] },
      {
        name: "ACTION",
        shown: "[list|verify|bucket]",
        noun: "action",
        help: "list if left out.",
        choices: ACTIONS,
        optional: true,
      },
      { name: "ID", shown: "[ID]", noun: "backup", help: "For verify: a backup's id.", optional: true },
    ],
  });

/** Reads the command line of `npm run backup`; undefined asks for help. @throws UsageError with all problems at once */
export function parseBackupArguments(args: readonly string[], stages: readonly string[]): BackupArguments | undefined {
  const given = parseCommandLine(backupCommandLine(stages), args, (values) => {
    const { STAGE, ACTION, ID, now, json, endpoint, to } = values;
    const bucketOnly = ["for", "account"] as const;
    const keygen = STAGE === KEYGEN;
    const action = now ? "--now" : (ACTION ?? "list");
    const reads = !keygen && (action === "list" || action === "verify");
    return [
      ...(keygen && (ACTION !== undefined || now) ? [`${KEYGEN} stands alone.`] : []),
      ...(now && ACTION !== undefined ? [`--now and ${ACTION} exclude each other.`] : []),
      ...(to !== undefined && !keygen ? [`--to belongs to ${KEYGEN}.`] : []),
      ...(action === "bucket" && !keygen
        ? []
        : bucketOnly.filter((name) => values[name] !== undefined).map((name) => `--${name} belongs to bucket.`)),
      ...(json && (keygen || action !== "list") ? ["--json belongs to list."] : []),
      ...(endpoint !== undefined && !reads ? ["--endpoint belongs to list and verify."] : []),
      ...(action === "verify" && ID === undefined ? ["Say which backup to verify: its id, from list."] : []),
      ...(ACTION !== undefined && action !== "verify" && ID !== undefined ? [`${action} takes no id.`] : []),
    ];
  });
  if (!given) return undefined;
  const { STAGE: stage, ACTION: action = "list", ID: id = "", now, json, endpoint, to } = given;
  const way = endpoint === undefined ? {} : { endpoint };
  if (stage === KEYGEN) return { command: KEYGEN, ...(to !== undefined && { to }) };
  if (now) return { command: "now", stage };
  if (action === "verify") return { command: action, stage, id, ...way };
  const passed = (["for", "account"] as const).flatMap((name) => (given[name] ? [`--${name}`, given[name]] : []));
  return action === "bucket" ? { command: action, stage, passed } : { command: "list", stage, json, ...way };
}
