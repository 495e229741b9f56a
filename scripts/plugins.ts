import type { Plugin } from "esbuild";

/**
 * `pg` asks whether it runs on Cloudflare by making a `Response`, for which Node 20 loads all of its fetch: 40 ms of processor
 * time, more than the rest of a start. Later Nodes answer by `navigator`.
 */
export const WITHOUT_FETCH = { Response: "undefined" };

/** Umzug loads a framework of 900 KB with the library, for a command line of its own that nothing here calls. */
export const withoutUmzugCommandLine: Plugin = instead(
  "@rushstack/ts-command-line",
  `class Absent { constructor() { throw new Error("This bundle leaves out Umzug's own command line."); } }
module.exports = { CommandLineAction: Absent, CommandLineParser: Absent };`,
);

/** Bundles `contents`, a CommonJS module, in place of a package. A build in which nothing imports the package fails. */
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
