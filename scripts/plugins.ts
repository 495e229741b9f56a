import type { Plugin } from "esbuild";

/**
 * Replaces `Response`, which `pg` uses to find out whether it runs on Cloudflare. Node 20 would load all of its fetch
 * for that: 40 ms of processor time, more than the rest of a start. Later Nodes answer by `navigator`.
 */
export const WITHOUT_FETCH = { Response: "undefined" };

/** Leaves out a framework of 900 KB, which Umzug loads for its own command line. Nothing here calls that. */
export const withoutUmzugCommandLine: Plugin = instead(
  "@rushstack/ts-command-line",
  `class Absent { constructor() { throw new Error("This bundle leaves out Umzug's own command line."); } }
module.exports = { CommandLineAction: Absent, CommandLineParser: Absent };`,
);

/** Bundles `contents`, a CommonJS module, in place of a package. Fails the build if nothing imports the package. */
export function instead(name: string, contents: string): Plugin {
  return {
    name: `instead of ${name}`,
    setup({ onResolve, onLoad, onEnd }) {
      let matched = false;
      onResolve({ filter: /^[^.]/ }, ({ path }) => {
        if (path !== name) return undefined;
        matched = true;
        return { path, namespace: "instead" };
      });
      onLoad({ filter: /.*/, namespace: "instead" }, ({ path }) => (path === name ? { contents } : undefined));
      const text = `Nothing imports ${name}, which this bundle replaces. Delete the replacement, or correct its name.`;
      onEnd(() => ({ errors: matched ? [] : [{ text }] }));
    },
  };
}
