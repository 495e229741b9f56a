import type { Diff, Leftover, ObjectChange, PlannedJob, Restart } from "./document";
import type { FieldChange } from "./fields";
import type { Outlook } from "./outlook";

/** Renders a diff for a person. */
export function renderDiff(diff: Diff): readonly string[] {
  const { objects, unchecked, remarks, newNamespace, problems } = diff;
  const unchanged = objects.filter(({ state }) => state === "unchanged").length;
  const parts = [
    newNamespace ? [NEW_NAMESPACE] : [],
    section("Would stop the deployment:", problems),
    section("Could not be checked:", unchecked),
    section("Known of this cluster:", remarks),
    objects.filter(({ state }) => state !== "unchanged").flatMap(renderObject),
    unchanged === 0 ? [] : [`${unchanged} ${unchanged === 1 ? "object is" : "objects are"} unchanged.`],
    renderWork(diff),
    section("Left over:", diff.leftovers.map(renderLeftover)),
    [VERDICTS[diff.result]],
  ];
  return parts.filter((lines) => lines.length > 0).flatMap((lines, index) => (index === 0 ? lines : ["", ...lines]));
}

/** Renders what pods and the database would go through: what a deployment says before it begins. */
export function renderWork({ restarts, jobs }: Pick<Diff, "restarts" | "jobs">): readonly string[] {
  return [
    ...section("Pods that are replaced:", restarts.flatMap(renderRestart)),
    ...section("Migrations:", jobs.flatMap(renderJob)),
  ];
}

const NEW_NAMESPACE =
  "The namespace is not there yet, so everything would be created. Without it the API server checks nothing: deploy makes it first, " +
  "and has the rest checked before it applies more.";

const VERDICTS = {
  unchanged: "Deploying would change nothing.",
  changes: "Deploying would make these changes.",
  refused: "Deploying would be refused. Nothing would be applied.",
} as const;

const section = (heading: string, lines: readonly string[]) =>
  lines.length === 0 ? [] : [heading, ...lines.map((line) => `  ${line}`)];

const INDENT = " ".repeat(11);

function renderObject({ object, state, fields, replaces, refusal, note }: ObjectChange): readonly string[] {
  const place = replaces === undefined ? "" : `, in place of ${replaces}`;
  const said = refusal === undefined ? [] : [...refusal.message.split("\n"), ...renderRunbook(refusal.runbook)];
  const rest = [...fields.flatMap(renderField), ...said, ...(note === undefined ? [] : [note])];
  return [`${state.padEnd(INDENT.length)}${object}${place}`, ...rest.map((line) => `${INDENT}  ${line}`)];
}

const renderRunbook = (runbook: { readonly section: string; readonly advice: string } | undefined) =>
  runbook === undefined ? [] : [`${runbook.advice} See "${runbook.section}" in docs/operations.md.`];

const MOST_LINES = 12;
const MOST_CHARACTERS = 140;

function renderField({ name, before, after }: FieldChange): readonly string[] {
  if (before === undefined && after === undefined) return [name];
  const [from, to] = [before ?? "nothing", after ?? "nothing"];
  if (!from.includes("\n") && !to.includes("\n") && from.length + to.length <= MOST_CHARACTERS)
    return [`${name}: ${from} → ${to}`];
  const lines = [...marked("-", before), ...marked("+", after)];
  const more = lines.length - MOST_LINES;
  return [`${name}:`, ...lines.slice(0, MOST_LINES), ...(more > 0 ? [`  and ${more} more lines`] : [])];
}

const marked = (mark: string, text: string | undefined) =>
  (text ?? "")
    .split("\n")
    .filter(Boolean)
    .map((line) => `  ${mark} ${shortened(line)}`);

const shortened = (line: string) => (line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS)}…` : line);

const renderRestart = (restart: Restart): readonly string[] => [
  `${restart.object}: ${effectOf(restart)}`,
  `  because of: ${restart.because.join(", ")}`,
  `  the figure: ${restart.basis}`,
];

/** Says what a replacement of pods means, e.g. `the database restarts, about 10 s without it`. */
export function effectOf({ object, kind, pods, downtimeSeconds, seconds }: Restart): string {
  const what = object === "statefulset/postgres" ? "the database" : object;
  if (kind === "restart" && downtimeSeconds === 0) return `${what} restarts, and it does not run now`;
  if (kind === "restart") return `${what} restarts, about ${downtimeSeconds} s without it`;
  const replaced = pods === 1 ? "its pod is replaced" : `its ${pods} pods are replaced one after another`;
  return `${replaced} within about ${seconds} s, without downtime`;
}

const FATES = {
  new: "is made and runs",
  again: "failed earlier, is deleted and runs again",
  running: "is running already",
  done: "has run already and does not run again",
  refused: "is refused",
} as const;

function renderJob({ object, state, outlook }: PlannedJob): readonly string[] {
  if (state === "done") return [];
  const lines = outlook === undefined ? [] : renderOutlook(outlook);
  return [`${object} ${FATES[state]}.`, ...lines.map((line) => (line === "" ? line : `  ${line}`))];
}

function renderOutlook(outlook: Outlook): readonly string[] {
  if (outlook.state === "empty") return ["There is no database yet: every migration runs on empty tables."];
  if (outlook.state === "unknown") return [`What it would do is not known: ${outlook.reason}`];
  if (outlook.state === "refused")
    return ["It would fail at once, before it writes anything:", ...outlook.reason.split("\n")];
  const { version, pending, warnings, lines } = outlook;
  const count = pending.length === 1 ? "1 migration" : `${pending.length} migrations`;
  const would = pending.length === 0 ? "No migration is pending" : `It would run ${count}`;
  return [`The schema is at version ${version}. ${would}.`, ...warnings.map((text) => `warning: ${text}`), ...lines];
}

const renderLeftover = ({ object, note }: Leftover) => `${object}: ${note}`;
