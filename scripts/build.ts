import { execFile } from "node:child_process";
import { chmod, copyFile, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { type BuildOptions, type BuildResult, build } from "esbuild";
import { commandLine, parseCommandLine } from "../lib/common/command-line";
import { runProgram } from "../lib/common/command-line/program";
import { sourceDigest } from "../lib/common/contents";
import { EXIT } from "../lib/contract";
import { WITHOUT_FETCH, withoutUmzugCommandLine } from "./plugins";
import { codeCacheOf } from "./program";
import { baseImageOf, bundledPackages, licenseProblems, licenseTexts, sbom } from "./sbom";
import { texts } from "./texts";

const ROOT = path.resolve(__dirname, "..");

/** The source file of each program, and its bundle in `build/`. */
const PROGRAMS = {
  synth: { source: "main.ts", bundle: "synth.bundle.js" },
  migrate: { source: "lib/migrate/main.ts", bundle: "migrate.js" },
  "data-svc": { source: "lib/data-svc/main.ts", bundle: "data-svc.js" },
  backup: { source: "lib/backup/main.ts", bundle: "backup.js" },
  retention: { source: "lib/retention/main.ts", bundle: "retention.js" },
} as const;
type Program = keyof typeof PROGRAMS;
const NAMES = Object.keys(PROGRAMS) as readonly Program[];

const COMMAND_LINE = commandLine({
  name: "build",
  start: "npm run build --",
  description: "Bundles programs into build/, where plain `node` runs them without node_modules.",
  options: {},
  operands: [
    {
      name: "NAMES",
      shown: "[NAME…]",
      noun: "program",
      help: `${NAMES.join(", ")}. [all of them]`,
      choices: NAMES,
      many: true,
      optional: true,
    },
  ],
});

/** PostgreSQL's parser. `migrate` looks for it in its own folder when a command needs it. */
const PARSER = "libpg-query.wasm";

/** Bundles without source maps or shortened names, so that a stack trace names functions in a readable file. */
function optionsOf(program: Program): BuildOptions {
  return {
    absWorkingDir: ROOT,
    entryPoints: [PROGRAMS[program].source],
    outfile: `build/${PROGRAMS[program].bundle}`,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: ["pg-native"],
    minifySyntax: true,
    legalComments: "eof",
    // Makes the others commands of the image. `cdk8s synth` runs main.ts by itself.
    ...(program === "synth" ? {} : { banner: { js: "#!/usr/bin/env node" } }),
    ...(program === "synth" || program === "backup" ? { plugins: [texts] } : {}),
    ...(program === "migrate" ? { define: WITHOUT_FETCH, plugins: [withoutUmzugCommandLine] } : {}),
    metafile: true,
    logLevel: "warning",
  };
}

/** Escapes the non-ASCII characters that esbuild leaves, which are only in comments. */
const asAscii = (text: string) =>
  text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

interface Launcher {
  readonly program: "synth" | "migrate";
  readonly name: string;
  /** Arguments of a typical run. */
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Exit code of that run. @default 0 */
  readonly exitCode?: number;
}

/** Builds a program's start, with the code that V8 compiled in a run here. Saves a quarter of a short run and more. */
async function launcher({ program, name, args, cwd, env, exitCode = 0 }: Launcher): Promise<void> {
  const { metafile: _, plugins: __, ...common } = optionsOf(program);
  const { bundle } = PROGRAMS[program];
  const define = { BUNDLE: JSON.stringify(bundle) };
  await build({ ...common, define, entryPoints: ["scripts/launch.ts"], outfile: `build/${name}` });
  await chmod(path.join(ROOT, "build", name), 0o755);
  const file = path.join(ROOT, "build", bundle);
  await writeFile(file, asAscii(await readFile(file, "utf8")));
  await rm(codeCacheOf(file), { force: true });
  const writer = ["--import", require.resolve("tsx"), path.join(__dirname, "write-code-cache.ts"), file, ...args];
  const options = { cwd, env: { PATH: process.env.PATH, ...env } };
  // Insists on the exit code: an aborted run would leave most of the program out of the cache, and nobody would notice.
  await promisify(execFile)(process.execPath, writer, options).catch((error) => {
    if (error.code !== exitCode) throw error;
  });
}

/** Builds the image's command. The run is `up` until it finds no database: nothing listens on port 1. */
function migrateLauncher(): Promise<void> {
  const args = ["up", "--connect-tries", "1", "--dir", path.join(ROOT, "migrations")];
  const env = { DATABASE_URL: "postgres://nobody:nothing@127.0.0.1:1/none" };
  return launcher({ program: "migrate", name: "migrate", args, cwd: ROOT, env, exitCode: EXIT.unreachable });
}

/** Builds `build/synth.js`. The run covers every stage, with throwaway credentials from a run before it. */
async function synthLauncher(): Promise<void> {
  const cwd = await mkdtemp(path.join(os.tmpdir(), "diabrisk-build-"));
  try {
    for (const name of await readdir(ROOT)) {
      if (!/^(?:dist|build|\.secrets|\.git)$/.test(name)) await symlink(path.join(ROOT, name), path.join(cwd, name));
    }
    await promisify(execFile)(process.execPath, [path.join(ROOT, "build", PROGRAMS.synth.bundle)], { cwd });
    await launcher({ program: "synth", name: "synth.js", args: [], cwd });
  } finally {
    await rm(cwd, { recursive: true });
  }
}

/** Writes what the image's programs are made of. Returns the problems of their licences. */
async function writeSbom(built: readonly BuildResult[]): Promise<string[]> {
  const packages = bundledPackages(
    ROOT,
    built.flatMap(({ metafile }) => metafile ?? []),
  );
  const baseImage = baseImageOf(await readFile(path.join(ROOT, "Dockerfile"), "utf8"), process.env.NODE_IMAGE);
  const platform = { node: process.versions.node, baseImage };
  await writeFile(path.join(ROOT, "build", "sbom.cdx.json"), sbom(packages, platform));
  await writeFile(path.join(ROOT, "build", "THIRD-PARTY-LICENSES.txt"), licenseTexts(packages));
  return licenseProblems(packages);
}

/** `npm run build [-- NAME…]`: makes bundles that plain `node` runs, without node_modules. */
async function main(names: readonly Program[]): Promise<number> {
  const programs = names.length > 0 ? names : NAMES;
  const built = await Promise.all(programs.map((program) => build(optionsOf(program))));
  if (programs.includes("synth")) await synthLauncher();
  if (programs.includes("migrate")) {
    await copyFile(require.resolve(`libpg-query/wasm/${PARSER}`), path.join(ROOT, "build", PARSER));
    await migrateLauncher();
  }
  // synth never ships.
  const problems = await writeSbom(built.filter((_, index) => programs[index] !== "synth"));
  if (problems.length > 0) {
    console.error(problems.join("\n"));
    return 1;
  }
  await writeFile(path.join(ROOT, "build", "source.digest"), `${sourceDigest(ROOT)}\n`);
  for (const program of programs) await chmod(path.join(ROOT, "build", PROGRAMS[program].bundle), 0o755);
  for (const { metafile } of built) {
    for (const [file, { bytes }] of Object.entries(metafile?.outputs ?? {})) {
      console.log(`${file.padEnd(20)} ${Math.round(bytes / 1024)} KiB`);
    }
  }
  return 0;
}

runProgram(
  COMMAND_LINE,
  () => parseCommandLine(COMMAND_LINE, process.argv.slice(2)),
  (given) => main(given.NAMES),
).then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    // Prints only other errors: esbuild has printed its own, with the lines.
    if (!("errors" in error)) console.error(error);
    process.exitCode = 1;
  },
);
