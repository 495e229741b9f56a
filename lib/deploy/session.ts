import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import * as path from "node:path";
import type { DeployArguments } from "./arguments";
import type { ManifestFile } from "./manifests";
import { type Printer, printerFor } from "./printer";
import { Standing } from "./standing";
import { WaitError } from "./waiting";

/** A person's or program's view of one deployment. */
export interface Session extends Printer {
  /** Takes note of the files that are going to be applied. */
  readonly begin: (files: readonly ManifestFile[]) => void;
}

export interface SessionOptions {
  /** The project's folder. */
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  /** Stops the deployment; the session then says what stands. */
  readonly signal: AbortSignal;
}

/** Shows progress on standard output, and at a stop what stands on standard error. */
export function session(args: DeployArguments, { root, env, signal }: SessionOptions): Session {
  const printer = printerFor(process.stdout, { json: args.json, ...(env.TERM && { terminal: env.TERM }) });
  const standing = new Standing(args.stage, resumeCommand(args, env));
  const note = path.resolve(root, env.CDK8S_OUTDIR || "dist", `${args.stage}.stopped.txt`);
  const saying =
    (print: Printer["say"]): Printer["say"] =>
    (line, facts) => {
      // After a stop, the last word is what stands.
      if (signal.aborted) return;
      standing.note(line, facts);
      print(line, facts);
    };
  const say = saying(printer.say);
  tellEarlierStop(note, say);
  signal.addEventListener("abort", () => {
    const { reason } = signal as { reason: unknown };
    const text = standing.text(reason instanceof WaitError ? reason.problem : `was stopped: ${reason}`);
    printer.close();
    if (args.json) printer.say(text, { type: "stopped" });
    leave(text, note);
  });
  const begin = (files: readonly ManifestFile[]) => standing.begin(files.map((file) => path.basename(file.path)));
  return { say, live: saying(printer.live), close: printer.close, begin };
}

function resumeCommand({ stage, yes, json }: DeployArguments, { NAMESPACE }: NodeJS.ProcessEnv): string {
  const place = NAMESPACE ? `NAMESPACE=${NAMESPACE} ` : "";
  return `${place}npm run deploy -- ${stage}${yes ? " --yes" : ""}${json ? " --json" : ""}`;
}

/** Writes at once, since a second signal may end the process; into a file if the terminal is gone. */
function leave(text: string, note: string): void {
  try {
    writeSync(process.stderr.fd, `${text}\n`);
  } catch {
    // Read by the next deployment from here.
    mkdirSync(path.dirname(note), { recursive: true });
    writeFileSync(note, `${new Date().toISOString()} ${text}\n`);
  }
}

function tellEarlierStop(note: string, say: Printer["say"]): void {
  if (!existsSync(note)) return;
  say(`The last deployment from here ended without a terminal: ${readFileSync(note, "utf8").trim()}`);
  rmSync(note, { force: true });
}
