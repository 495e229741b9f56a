import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import * as esbuild from "esbuild";
import { EXIT, SCHEMA_VERSION, VERSION } from "../../lib/contract";
import { execute, type Outcome } from "../../lib/deploy/kubectl";
import { instead } from "../../scripts/plugins";
import { usePostgres } from "../support/postgres";

const ROOT = path.resolve(__dirname, "..", "..");
const BARE = { PATH: `${path.dirname(process.execPath)}:/usr/bin:/bin` };

const build = (...names: string[]) =>
  execute(process.execPath, ["--import", "tsx", "scripts/build.ts", ...names], { cwd: ROOT, env: BARE });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "bundles-"));
  const { code, stderr } = await build();
  expect([code, stderr]).toEqual([0, ""]);
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

/** Runs a bundle as the image does: as a command, with nothing beside it. */
async function alone(bundle: string, ...args: string[]): Promise<Outcome> {
  const copy = path.join(folder, bundle);
  await copyFile(path.join(ROOT, "build", bundle), copy);
  return await execute(copy, args, { cwd: folder, env: BARE });
}

test("migrate runs without node_modules", async () => {
  const { code, stdout } = await alone("migrate.js", "--version");
  expect([code, stdout.trim()]).toEqual([0, `migrate ${VERSION}`]);
});

describe("the launcher of migrate", () => {
  const version = async (change: (cache: string) => Promise<void>): Promise<Outcome> => {
    const place = await mkdtemp(path.join(folder, "launcher-"));
    for (const file of ["migrate", "migrate.js", "migrate.js.cache"])
      await copyFile(path.join(ROOT, "build", file), path.join(place, file));
    await change(path.join(place, "migrate.js.cache"));
    return await execute(path.join(place, "migrate"), ["--version"], { cwd: place, env: BARE });
  };

  test.each([
    ["with its code cache", async () => {}],
    ["without", (cache: string) => rm(cache)],
    ["with another program's", (cache: string) => writeFile(cache, "no code")],
    [
      "with another Node's",
      async (cache: string) => writeFile(cache, `${await readFile(cache, "latin1")}.1`, "latin1"),
    ],
  ])("starts it %s", async (_, change) => {
    const { code, stdout, stderr } = await version(change);
    expect([code, stdout.trim(), stderr]).toEqual([0, `migrate ${VERSION}`, ""]);
  });
});

describe("the list of what the image is made of", () => {
  const SHIPPED = ["migrate.js", "data-svc.js", "backup.js", "retention.js"];
  const read = (file: string) => readFile(path.join(ROOT, "build", file), "utf8");
  interface Component {
    readonly type: string;
    readonly group?: string;
    readonly name: string;
    readonly version: string;
  }
  const listed = async () => {
    const { components } = JSON.parse(await read("sbom.cdx.json")) as { components: Component[] };
    const packages = components.filter(({ type }) => type === "library");
    return packages.map(({ group, name, version }) => `${group ? `${group}/` : ""}${name}@${version}`).sort();
  };

  test("has exactly the packages that the bundles name in front of their modules", async () => {
    const folders = new Set<string>();
    for (const bundle of SHIPPED) {
      for (const [, folder = ""] of (await read(bundle)).matchAll(
        /^ *\/\/ (\S*node_modules\/(?:@[^/\s]+\/)?[^/\s]+)\//gm,
      ))
        folders.add(folder);
    }
    const ids = [...folders].map((folder) => {
      const { name, version } = require(path.join(ROOT, folder, "package.json")) as Component;
      return `${name}@${version}`;
    });
    expect(await listed()).toEqual([...new Set(ids)].sort());
    expect(ids.length).toBeGreaterThan(50);
  });

  test("is CycloneDX, by its own schema", async () =>
    expect(
      await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(await read("sbom.cdx.json")),
    ).toBeNull());

  test("comes with the licence of each package", async () => {
    const texts = await read("THIRD-PARTY-LICENSES.txt");
    for (const id of await listed()) expect(texts).toContain(`\n${id}: `);
  });

  test("is the same after another build", async () => {
    const files = ["sbom.cdx.json", "THIRD-PARTY-LICENSES.txt"];
    const before = await Promise.all(files.map(read));
    expect((await build("migrate", "data-svc", "backup", "retention")).code).toBe(0);
    expect(await Promise.all(files.map(read))).toEqual(before);
  });
});

test.each(["migrate.js", "synth.bundle.js"])(
  "%s imports nothing while it runs, which a script from a cache cannot",
  async (bundle) => {
    const text = await readFile(path.join(ROOT, "build", bundle), "utf8");
    expect(text).not.toMatch(/[^.\w]import\("/);
  },
);

// Each in a process of its own: V8's options are the process's, and a cache fits none but those that it was made with.
test.each(["migrate.js", "synth.bundle.js"])("%s has a code cache that this Node takes", async (bundle) => {
  const load = 'console.log(require("./scripts/program").loadProgram(process.argv[1]).script.cachedDataRejected)';
  const args = ["--import", "tsx", "--eval", load, path.join(ROOT, "build", bundle)];
  expect(await execute(process.execPath, args, { cwd: ROOT, env: BARE })).toMatchObject({
    stdout: "false\n",
    stderr: "",
  });
});

describe("the bundle's way to log in", () => {
  const postgres = usePostgres();

  test("is the server's, SCRAM-SHA-256, with any password", async () => {
    const url = new URL(await postgres.createDatabase());
    await postgres.query(url.href, "create role \"Ü\" superuser login password 'pass wörd ½'");
    Object.assign(url, { username: encodeURIComponent("Ü"), password: encodeURIComponent("pass wörd ½") });
    const environment = { ...BARE, DATABASE_URL: url.href };
    const args = ["up", "--dir", path.join(ROOT, "migrations")];
    const { code, stdout, stderr } = await execute(path.join(ROOT, "build/migrate"), args, { env: environment });
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`Applied ${SCHEMA_VERSION} migrations`);
    url.password = "another";
    const refused = await execute(path.join(ROOT, "build/migrate"), args, { env: { ...BARE, DATABASE_URL: url.href } });
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("The password of Ü is wrong")]);
  });
});

test("migrate loads nothing of Node's fetch, which pg would make Node 20 do", async () => {
  const args = [
    "--require",
    path.join(ROOT, "test/scripts/print-loaded.js"),
    "build/migrate",
    "up",
    "--connect-tries",
    "1",
  ];
  const env = { ...BARE, DATABASE_URL: "postgres://nobody:nothing@127.0.0.1:1/none" };
  const { code, stdout } = await execute(process.execPath, args, { cwd: ROOT, env });
  expect(code).toBe(EXIT.unreachable);
  expect(stdout).toContain("NativeModule net");
  expect(stdout).not.toContain("undici");
});

describe("a package that is replaced in a bundle", () => {
  const bundle = (contents: string) =>
    esbuild.build({
      stdin: { contents, resolveDir: ROOT },
      bundle: true,
      write: false,
      logLevel: "silent",
      plugins: [instead("umzug", 'module.exports = "another";')],
    });

  test("is not in it", async () => {
    const { outputFiles } = await bundle('console.log(require("umzug"))');
    expect(outputFiles[0]?.text).toContain('"another"');
    expect(outputFiles[0]?.text).not.toContain("class Umzug");
  });

  test("fails the build by its name if nothing imports it", async () => {
    await expect(bundle('console.log("./umzug")')).rejects.toThrow(
      "Nothing imports umzug, which this bundle replaces.",
    );
  });
});

test("migrate finds what it loads late, such as Umzug, in its bundle", async () => {
  const { code, stderr } = await alone("migrate.js", "up", "--dir", path.join(ROOT, "migrations"));
  expect(code).toBe(2);
  expect(stderr).not.toContain("Cannot find module");
});

test("data-svc runs without node_modules, and says what it lacks", async () => {
  const { code, stdout, stderr } = await alone("data-svc.js");
  expect([code, stderr]).toEqual([1, ""]);
  expect(JSON.parse(stdout)).toMatchObject({ level: "fatal", service: "data-svc" });
});

test("synth writes the bytes that the source writes", async () => {
  const write = async (program: readonly string[], name: string) => {
    const env = { ...BARE, STAGE: "staging", CDK8S_OUTDIR: path.join(folder, name) };
    expect((await execute(process.execPath, program, { cwd: ROOT, env })).stderr).toBe("");
    return (await execute("sh", ["-c", 'cat "$0"/staging/*', env.CDK8S_OUTDIR], { env })).stdout;
  };
  const bundled = await write(["build/synth.js"], "bundled");
  expect(bundled).toContain("kind: StatefulSet");
  expect(bundled).toBe(await write(["--import", "tsx", "main.ts"], "source"));
});

test("an unknown program is refused", async () => {
  const { code, stderr } = await build("sync");
  const refusal =
    'There is no program "sync". Did you mean synth? The programs are synth, migrate, data-svc, backup, retention.\n';
  expect([code, stderr.split(/^(?=\n)/m)[0]]).toEqual([2, refusal]);
  expect(stderr).toContain("Usage: npm run build -- [NAME…]");
});
