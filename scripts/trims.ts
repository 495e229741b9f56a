import { builtinModules } from "node:module";
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
    // cdk8s takes a function out of it to run Helm with, so that it could not be loaded late, as below: network and all.
    of: /[\\/]cdk8s[\\/]lib[\\/]_child_process\.js$/,
    contents: 'exports._child_process = require("child_process");',
  },
  {
    // pg finds out whether it runs on Cloudflare by making a Response, for which Node 20 loads its whole fetch: a third of
    // what starting `migrate` takes.
    of: /[\\/]pg[\\/]lib[\\/]stream\.js$/,
    contents: `exports.getStream = () => new (require("node:net").Socket)();
exports.getSecureStream = (options) => require("node:tls").connect(options);`,
  },
  {
    // pg asks Web Crypto, which other systems have too, for what node:crypto does at once: eight turns through Node's thread
    // pool, and the start of that, for a millisecond of work.
    of: /[\\/]pg[\\/]lib[\\/]crypto[\\/]utils\.js$/,
    contents: `const crypto = require("node:crypto");
exports.randomBytes = (length) => crypto.randomBytes(length);
const hash = (name, data) => crypto.createHash(name).update(data).digest();
exports.hashByName = async (name, data) => hash(name, data);
exports.sha256 = async (data) => hash("sha256", data);
exports.md5 = async (data) => hash("md5", data).toString("hex");
exports.hmacSha256 = async (key, text) => crypto.createHmac("sha256", key).update(text).digest();
exports.deriveKey = async (password, salt, iterations) => crypto.pbkdf2Sync(password, salt, iterations, 32, "sha256");
exports.postgresMd5PasswordHash = async (user, password, salt) => {
  const inner = await exports.md5(password + user);
  return "md5" + (await exports.md5(Buffer.concat([Buffer.from(inner), salt])));
};`,
  },
];

export const instead: Plugin = {
  name: "instead",
  setup({ onLoad }) {
    for (const { of: filter, contents } of INSTEAD) onLoad({ filter }, () => ({ contents }));
  },
};

/** What is loaded when something of it is first used, and so often never. */
const LAZY: readonly { readonly module: RegExp; readonly importer: RegExp }[] = [
  // cdk8s writes YAML with it; manifests are written by lib/synth/yaml.ts.
  { module: /^yaml$/, importer: /[\\/]cdk8s[\\/]lib[\\/]/ },
  // Of Node: each takes a millisecond or more, and while the server answers there is time for that.
  { module: /^(node:)?(child_process|crypto|dns|os|url|timers\/promises)$/, importer: /./ },
];

/** In place of each a module of the same names, which stand for the real one's. */
export const lazy: Plugin = {
  name: "lazy",
  setup({ onResolve, onLoad }) {
    for (const { module, importer } of LAZY) {
      onResolve({ filter: module }, ({ path: name, importer: from, namespace, resolveDir }) => {
        if (namespace === "lazy" || !importer.test(from)) return undefined;
        const own = builtinModules.includes(name.replace(/^node:/, ""));
        return { path: own ? name : require.resolve(name, { paths: [resolveDir] }), namespace: "lazy" };
      });
    }
    onLoad({ filter: /.*/, namespace: "lazy" }, ({ path: file }) => ({
      contents: `let loaded;
const real = () => (loaded ??= require(${JSON.stringify(file)}));
for (const name of ${JSON.stringify(Object.keys(require(file)))})
  Object.defineProperty(exports, name, { enumerable: true, get: () => real()[name] });`,
      resolveDir: path.isAbsolute(file) ? path.dirname(file) : __dirname,
    }));
  },
};

/** What issues certificates, and where it goes: as large as all the rest of synth, and needed once a year. */
export const APART = { module: "lib/secrets/issue.ts", file: "issue.js" } as const;

/** Leaves it to a file beside the bundle, which is read when it is first used. */
export const issueApart: Plugin = {
  name: "issue-apart",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/issue$/ }, ({ importer }) =>
      path.basename(path.dirname(importer)) === "secrets" ? { path: `./${APART.file}`, external: true } : undefined,
    );
  },
};
