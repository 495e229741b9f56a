import { execFile } from "node:child_process";
import { chmod, copyFile, readFile, rm, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { promisify } from "node:util";
import { type BuildOptions, build } from "esbuild";
import { codeCacheOf } from "./program";
import { APART, instead, issueApart, lazy } from "./trims";

const ROOT = path.resolve(__dirname, "..");

/** Bundle name, and the program that it is made from. */
const PROGRAMS = {
  synth: "main.ts",
  migrate: "lib/migrator/main.ts",
  "data-svc": "lib/data-svc/main.ts",
} as const;
type Program = keyof typeof PROGRAMS;

/** PostgreSQL's parser, which `migrate` looks for beside itself when a command needs it. */
const PARSER = "libpg-query.wasm";

/** No source maps and no shortened names: a stack trace names the functions of a file that is there to read. */
function options(program: Program): BuildOptions {
  return {
    absWorkingDir: ROOT,
    entryPoints: [PROGRAMS[program]],
    outfile: `build/${program}.js`,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: ["pg-native"],
    minifySyntax: true,
    legalComments: "eof",
    // `cdk8s synth` runs main.ts; the others are commands in the image.
    ...(program === "synth" ? {} : { banner: { js: "#!/usr/bin/env node" } }),
    plugins: [instead, issueApart, lazy],
    metafile: true,
    logLevel: "warning",
  };
}

/** esbuild escapes what is not ASCII wherever that means something, and leaves it in comments. */
const asAscii = (text: string) =>
  text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** The command, which starts the program beside it with what V8 made of it here: a quarter of a short run. */
async function launcher(): Promise<void> {
  const { metafile: _, plugins: __, ...common } = options("migrate");
  await build({ ...common, entryPoints: ["scripts/launch-migrate.ts"], outfile: "build/migrate" });
  await chmod(path.join(ROOT, "build/migrate"), 0o755);
  const bundle = path.join(ROOT, "build/migrate.js");
  await writeFile(bundle, asAscii(await readFile(bundle, "utf8")));
  await rm(codeCacheOf(bundle), { force: true });
  // As far as `up` comes without a database: nothing listens on port 1.
  const up = ["up", "--connect-tries", "1", "--dir", path.join(ROOT, "migrations")];
  await promisify(execFile)(
    process.execPath,
    ["--import", "tsx", path.join(__dirname, "write-code-cache.ts"), bundle, ...up],
    {
      cwd: ROOT,
      env: { ...process.env, DATABASE_URL: "postgres://nobody:nothing@127.0.0.1:1/none" },
    },
  );
}

/** What synth loads when a certificate has to be made. */
async function apart() {
  const { plugins: _, ...common } = options("synth");
  return await build({ ...common, entryPoints: [APART.module], outfile: `build/${APART.file}` });
}

/** `npm run build [-- NAME…]`: bundles that plain `node` runs, without node_modules. */
async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !Object.hasOwn(PROGRAMS, name));
  if (unknown.length > 0) {
    console.error(`Unknown: ${unknown.join(", ")}. The programs are ${Object.keys(PROGRAMS).join(", ")}.`);
    return 2;
  }
  const programs = (names.length > 0 ? names : Object.keys(PROGRAMS)) as Program[];
  const built = await Promise.all(programs.map((program) => build(options(program))));
  if (programs.includes("synth")) built.push(await apart());
  if (programs.includes("migrate")) {
    await copyFile(require.resolve(`libpg-query/wasm/${PARSER}`), path.join(ROOT, "build", PARSER));
    await launcher();
  }
  for (const program of programs) await chmod(path.join(ROOT, "build", `${program}.js`), 0o755);
  for (const { metafile } of built) {
    for (const [file, { bytes }] of Object.entries(metafile?.outputs ?? {})) {
      console.log(`${file.padEnd(20)} ${Math.round(bytes / 1024)} KiB`);
    }
  }
  return 0;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    // esbuild has printed its own, with the lines.
    if (!("errors" in error)) console.error(error);
    process.exitCode = 1;
  },
);
