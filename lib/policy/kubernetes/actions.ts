import { at, isTree, list, number, type Tree, tree } from "../tree";

const PROBE = ["exec", "httpGet", "tcpSocket", "grpc"];
/** The API server takes a hook's tcpSocket, and the kubelet fails it. */
const HOOK = ["exec", "httpGet", "sleep"];
const ALL = [...new Set([...PROBE, ...HOOK])];

const kindsOf = (handler: Tree) => ALL.filter((kind) => isTree(handler[kind]));

/** Why a probe asks nothing that tells something; undefined if it does. */
export const probeProblem = (probe: Tree) => problemOf(probe, PROBE, "asks nothing");

/** Why a hook does nothing; undefined if it does something. */
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

/** What an exec runs, as one would type it: what a shell is given, or else its words. */
function scriptOf(handler: Tree): string {
  const command = list(handler, "exec", "command");
  const [program, flag, script = ""] = command;
  const ofShell = SHELL.test(String(program)) && /^-\w*c$/.test(String(flag));
  return (ofShell ? String(script) : command.join(" ")).trim();
}

/** For how long a handler sleeps first, if it does: the field that says so, and seconds. */
export function sleepOf(handler: Tree): readonly [string, number] | undefined {
  const seconds = number(handler, "sleep", "seconds");
  if (seconds !== undefined) return ["sleep.seconds", seconds];
  const [, amount, unit = ""] = SLEEP.exec(scriptOf(handler)) ?? [];
  return amount === undefined ? undefined : ["exec.command", Number(amount) * (SECONDS.get(unit) ?? 1)];
}

const DEFAULTS: Tree = { path: "/", scheme: "HTTP" };

/**
 * What a probe asks, the same text for the same question, however it is written. `ports` has the number of each port's name.
 * Undefined if it asks nothing.
 */
export function questionOf(probe: Tree, ports: ReadonlyMap<unknown, unknown>): string | undefined {
  const [kind] = kindsOf(probe);
  if (kind === undefined) return undefined;
  const port = at(probe, kind, "port");
  const settings = Object.entries({ ...tree(probe, kind), port: ports.get(port) ?? port });
  const said = settings.filter(([key, value]) => (value ?? "") !== "" && value !== DEFAULTS[key]);
  return JSON.stringify([kind, Object.fromEntries(said.sort(([a], [b]) => (a < b ? -1 : 1)))]);
}
