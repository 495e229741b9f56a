import { at, isTree, list, number, type Tree, tree } from "../tree";

const PROBE = ["exec", "httpGet", "tcpSocket", "grpc"];
/** Excludes tcpSocket: the API server accepts it in a hook, but the kubelet fails it. */
const HOOK = ["exec", "httpGet", "sleep"];
const ALL = [...new Set([...PROBE, ...HOOK])];

const kindsOf = (handler: Tree) => ALL.filter((kind) => isTree(handler[kind]));

/** Explains why a probe tests nothing; undefined if it tests something. */
export const probeProblem = (probe: Tree) => problemOf(probe, PROBE, "asks nothing");

/** Explains why a hook does nothing; undefined if it does something. */
export const hookProblem = (hook: Tree) => problemOf(hook, HOOK, "does nothing");

function problemOf(handler: Tree, possible: readonly string[], nothing: string): string | undefined {
  const [kind, ...more] = kindsOf(handler);
  if (kind === undefined) return nothing;
  if (more.length > 0) return `has ${[kind, ...more].join(" and ")}, of which there may be one`;
  if (!possible.includes(kind)) return `has ${kind}, which does nothing here`;
  if (kind === "exec") return IDLE.test(scriptOf(handler)) ? nothing : undefined;
  return kind === "sleep" && !number(handler, "sleep", "seconds") ? nothing : undefined;
}

const SHELL = /(?:^|\/)(?:a|ba|da|k|z)?sh$/;
const IDLE = /^(?:(?:\S*\/)?true|:|exit 0)?;?$/;
const SLEEP = /^(?:exec\s+)?(?:\S*\/)?sleep\s+(\d+(?:\.\d+)?)([smhd]?)(?![\w.])/;
const SECONDS: ReadonlyMap<string, number> = new Map(Object.entries({ s: 1, m: 60, h: 3600, d: 86_400 }));

/** The command of an exec as typed in a shell. For `sh -c SCRIPT` it is the script. */
function scriptOf(handler: Tree): string {
  const command = list(handler, "exec", "command");
  const [program, flag, script = ""] = command;
  const ofShell = SHELL.test(String(program)) && /^-\w*c$/.test(String(flag));
  return (ofShell ? String(script) : command.join(" ")).trim();
}

/** The handler's initial sleep: its field, and its length in seconds. Undefined if it does not sleep first. */
export function sleepOf(handler: Tree): readonly [string, number] | undefined {
  const seconds = number(handler, "sleep", "seconds");
  if (seconds !== undefined) return ["sleep.seconds", seconds];
  const [, amount, unit = ""] = SLEEP.exec(scriptOf(handler)) ?? [];
  return amount === undefined ? undefined : ["exec.command", Number(amount) * (SECONDS.get(unit) ?? 1)];
}

const DEFAULTS: Tree = { path: "/", scheme: "HTTP" };

/**
 * A text that is the same for every spelling of the same probe. `ports` maps port names to numbers. Undefined if the
 * probe asks nothing.
 */
export function questionOf(probe: Tree, ports: ReadonlyMap<unknown, unknown>): string | undefined {
  const [kind] = kindsOf(probe);
  if (kind === undefined) return undefined;
  const port = at(probe, kind, "port");
  const settings = Object.entries({ ...tree(probe, kind), port: ports.get(port) ?? port });
  const said = settings.filter(([key, value]) => (value ?? "") !== "" && value !== DEFAULTS[key]);
  return JSON.stringify([kind, Object.fromEntries(said.sort(([a], [b]) => (a < b ? -1 : 1)))]);
}
