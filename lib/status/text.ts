import { escapeControls } from "../common/escape-controls";
import { FACTS, type Fact, type State, type Status, VERDICTS, worstFirst } from "./document";
import { oneLine } from "./wording";

/** Colours a text for a terminal. */
export type Paint = (state: State, text: string) => string;

/** Marks of the states. Nobody needs colours to tell them apart. */
const WORDS = { ok: "ok", warning: "WARNING", unknown: "UNKNOWN", failed: "FAILED" } as const satisfies Record<
  State,
  string
>;

const WIDTH = 100;
/** Lines that one fact may take, so that all of them stay on one screen. `--json` and `--html` have the rest. */
const MOST_LINES = 2;

const COLUMN = Math.max(...Object.values(WORDS).map(({ length }) => length)) + 2;
const NAMES = Math.max(...FACTS.map(({ length }) => length)) + 2;

/** Renders a status for one screen of a terminal, the worst first. */
export function renderStatus(status: Status, paint: Paint = (_, text) => text): readonly string[] {
  return [
    headOf(status),
    "",
    ...worstFirst(status.facts).flatMap((fact) => factLines(fact, paint)),
    "",
    paint(status.result, VERDICTS[status.result]),
  ];
}

/** E.g. `"stage prod, context prod-eu, namespace diabrisk, 2026-11-30T16:40:00.000Z"`. */
function headOf({ stage, context, namespace, at }: Status): string {
  const place = [
    `stage ${stage}`,
    ...(context === undefined ? [] : [`context ${context}`]),
    ...(namespace === undefined ? [] : [`namespace ${namespace}`]),
  ];
  return escapeControls([...place, `at ${at}`].join(", "));
}

function factLines({ name, state, text }: Fact, paint: Paint): string[] {
  const [first = "", ...more] = wrapped(escapeControls(oneLine(text)), WIDTH - COLUMN - NAMES);
  const head = `${paint(state, WORDS[state].padEnd(COLUMN))}${name.padEnd(NAMES)}${first}`;
  return [head, ...more.map((line) => `${" ".repeat(COLUMN + NAMES)}${line}`)];
}

function wrapped(text: string, width: number): readonly string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1) ?? "";
    if (last === "") lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  const shown = lines.slice(0, MOST_LINES).map((line) => cut(line, width));
  return lines.length > MOST_LINES ? [...shown.slice(0, -1), cut(`${shown.at(-1)} …`, width)] : shown;
}

const cut = (line: string, width: number) => (line.length > width ? `${line.slice(0, width - 1)}…` : line);
