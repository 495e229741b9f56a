import * as path from "node:path";
import type { Plugin } from "esbuild";

/** Modules that a bundle gets instead of those in node_modules, all to start sooner. */
const INSTEAD: readonly { readonly of: RegExp; readonly contents: string }[] = [
  {
    // Umzug loads its own command line with the library, and that a framework of 700 KB. `migrate` has a command line of
    // its own; calling `runAsCLI` would fail.
    of: /[\\/]umzug[\\/]lib[\\/]cli\.js$/,
    contents: "exports.UmzugCLI = undefined;",
  },
  {
    // A lock in a file, which the migrator has in the database.
    of: /[\\/]umzug[\\/]lib[\\/]file-locker\.js$/,
    contents: "exports.FileLocker = undefined;",
  },
  {
    // Finds files by pattern. Umzug is given a list of migrations.
    of: /[\\/]tinyglobby[\\/]dist[\\/]index\.[cm]?js$/,
    contents: 'exports.glob = () => { throw new Error("Patterns of files are not in this bundle."); };',
  },
  {
    // pg finds out whether it runs on Cloudflare by making a Response, for which Node 20 loads its whole fetch: a third of
    // what starting `migrate` takes.
    of: /[\\/]pg[\\/]lib[\\/]stream\.js$/,
    contents: `exports.getStream = () => new (require("node:net").Socket)();
exports.getSecureStream = (options) => require("node:tls").connect(options);`,
  },
];

export const instead: Plugin = {
  name: "instead",
  setup({ onLoad }) {
    for (const { of: filter, contents } of INSTEAD) onLoad({ filter }, () => ({ contents }));
  },
};

/**
 * Loads the YAML library of cdk8s when it is first used, and so never: manifests are written by lib/yaml.ts. cdk8s itself
 * loads it at once.
 */
export const lazyYaml: Plugin = {
  name: "lazy-yaml",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^yaml$/ }, ({ importer, resolveDir }) =>
      /[\\/]cdk8s[\\/]lib[\\/]/.test(importer)
        ? { path: require.resolve("yaml", { paths: [resolveDir] }), namespace: "lazy" }
        : undefined,
    );
    onLoad({ filter: /.*/, namespace: "lazy" }, ({ path: file }) => ({
      contents: Object.keys(require(file))
        .map((name) => `Object.defineProperty(exports, "${name}", { enumerable: true, get: () => real().${name} });`)
        .concat(`const real = () => require(${JSON.stringify(file)});`)
        .join("\n"),
      resolveDir: path.dirname(file),
    }));
  },
};
