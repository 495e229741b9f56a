import type { Environment } from "../settings/sources";
import type { Command } from "./command";

/** Commands by name, each loaded when it is called, so that starting one costs its own modules alone. */
type Loaders = Readonly<Record<string, () => Command>>;

/** With `require`, because a bundler, tsx and Jest all resolve that to a `.ts` file beside this one. */
const OWN: Loaders = {
  up: () => (require("./up") as typeof import("./up")).up,
  down: () => (require("./down") as typeof import("./down")).down,
  status: () => (require("./status") as typeof import("./status")).status,
  plan: () => (require("./plan") as typeof import("./plan")).plan,
  lint: () => (require("./lint") as typeof import("./lint")).lint,
  wait: () => (require("./wait") as typeof import("./wait")).wait,
  verify: () => (require("./verify") as typeof import("./verify")).verify,
  create: () => (require("./create") as typeof import("./create")).create,
  repair: () => (require("./repair") as typeof import("./repair")).repair,
  test: () => (require("./test") as typeof import("./test")).test,
  baseline: () => (require("./baseline") as typeof import("./baseline")).baseline,
};

/** A project's own part of `migrate`. */
export interface Addition {
  readonly commands: Loaders;
  /** SQL that ends the transaction of the last migration of an `up`, so that tables appear with their privileges. */
  readonly privileges: (environment: Environment) => string;
}

export const NO_ADDITION: Addition = { commands: {}, privileges: () => "" };

export const commandNames = ({ commands }: Addition): readonly string[] => [
  ...Object.keys(OWN),
  ...Object.keys(commands),
];

export function loadCommand(name: string, { commands }: Addition): Command | undefined {
  const all = { ...OWN, ...commands };
  return Object.hasOwn(all, name) ? all[name]?.() : undefined;
}
