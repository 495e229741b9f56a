import type { Command } from "./command";

/**
 * Each command's module, loaded when it is called, so that a command's start costs its own modules alone. With
 * `require`, because that is what a bundler, tsx and Jest all resolve to a `.ts` file beside this one.
 */
const LOADERS: Readonly<Record<string, () => Command>> = {
  up: () => (require("./up") as typeof import("./up")).up,
  down: () => (require("./down") as typeof import("./down")).down,
  status: () => (require("./status") as typeof import("./status")).status,
  plan: () => (require("./plan") as typeof import("./plan")).plan,
  lint: () => (require("./lint") as typeof import("./lint")).lint,
  wait: () => (require("./wait") as typeof import("./wait")).wait,
  verify: () => (require("./verify") as typeof import("./verify")).verify,
  create: () => (require("./create") as typeof import("./create")).create,
  test: () => (require("./test") as typeof import("./test")).test,
  baseline: () => (require("./baseline") as typeof import("./baseline")).baseline,
  bootstrap: () => (require("./bootstrap") as typeof import("./bootstrap")).bootstrap,
  completion: () => (require("./completion") as typeof import("./completion")).completion,
};

export const COMMAND_NAMES: readonly string[] = Object.keys(LOADERS);

export function loadCommand(name: string): Command | undefined {
  return Object.hasOwn(LOADERS, name) ? LOADERS[name]?.() : undefined;
}
