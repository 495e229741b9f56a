import { escapeControls } from "../common/escape-controls";
import type { Facts, Say } from "./say";

/** Shows progress in one way. */
export interface Printer {
  readonly say: Say;
  /** Shows what is being done or waited for. Called as often as once a second. */
  readonly live: Say;
  /** Ends the current line, so that another program or an error can write. */
  readonly close: () => void;
}

/** A stream that progress is written to, like `process.stdout`. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Chooses lines of JSON, one line that changes on a terminal, or plain lines. */
export function printerFor(
  output: Output,
  { json, terminal }: { readonly json: boolean; readonly terminal?: string },
): Printer {
  if (json) return jsonPrinter(output);
  return output.isTTY && terminal !== "dumb" ? terminalPrinter(output) : plainPrinter(output);
}

function plainPrinter(output: Output): Printer {
  return { say: (line) => output.write(`${line}\n`), live: () => undefined, close: () => undefined };
}

const CLEAR = "\r\x1b[2K";

/** Keeps what has happened, and shows the current wait below it in a line that changes. */
function terminalPrinter(output: Output): Printer {
  let shown = "";
  const write = (text: string) => output.write(text);
  const live = (line: string) => {
    // A longer line would wrap, and only its end could be cleared. A terminal of unknown width says 0.
    shown = escapeControls(line).slice(0, (output.columns || 80) - 1);
    write(`${CLEAR}${shown}`);
  };
  return {
    live,
    say(line, facts) {
      if (facts?.type === "waiting") return live(line);
      write(`${shown === "" ? "" : CLEAR}${line}\n`);
      if (facts?.type === "log") write(shown);
      else shown = "";
    },
    close() {
      if (shown !== "") write(CLEAR);
      shown = "";
    },
  };
}

/** Prints one object a line, as docs/deploy.schema.json describes it. */
function jsonPrinter(output: Output): Printer {
  const say = (message: string, facts: Facts = { type: "message" }) =>
    output.write(`${JSON.stringify(toEvent(message, facts))}\n`);
  return { say, live: (line, facts) => facts?.type === "applying" && say(line, facts), close: () => undefined };
}

const tenths = (seconds: number) => Math.round(seconds * 10) / 10;

const toEvent = (message: string, { type, object, state, seconds, limit }: Facts) => ({
  time: new Date().toISOString(),
  type,
  object,
  state,
  seconds: seconds === undefined ? undefined : tenths(seconds),
  limit,
  message: message.trim(),
});
