import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { run } from "../../bench/process";
import { asDataSvc, assessment, authorityFile, closeServices, proof, startReady } from "../data-svc/support";
import { usePostgres } from "../support/postgres";
import { succeeded } from "./support/programs";

const ROOT = path.resolve(__dirname, "../..");
const LIMIT_MS = 300_000;

/** Pinned, and in a folder of their own: the generator needs the API of TypeScript 5, which this project's 7 does not have. */
const TOOLS = ["openapi-typescript@7.13.0", "typescript@5.9.3", "openapi-fetch@0.17.0"];

const postgres = usePostgres();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "openapi-client-"));
  await writeFile(path.join(folder, "package.json"), '{ "private": true, "type": "module" }');
  const flags = ["--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
  await succeeded(run({ command: ["npm", "install", ...flags, ...TOOLS], cwd: folder }));
  const generator = path.join(folder, "node_modules/.bin/openapi-typescript");
  await succeeded(
    run({ command: [generator, path.join(ROOT, "docs/openapi.json"), "--output", "api.d.ts"], cwd: folder }),
  );
}, LIMIT_MS);
afterAll(async () => {
  await closeServices();
  await rm(folder, { recursive: true, force: true });
});

const compile = (file: string) => {
  const tsc = path.join(ROOT, "node_modules/.bin/tsc");
  const flags = ["--strict", "--target", "es2022", "--module", "nodenext", "--types", "", "--lib", "es2022,dom"];
  return run({ command: [tsc, ...flags, file], cwd: folder });
};

test(
  "a client that is generated from the document compiles, and talks to data-svc",
  async () => {
    await copyFile(path.join(__dirname, "openapi/client.mts"), path.join(folder, "client.mts"));
    await succeeded(compile("client.mts"));
    const service = await startReady(await asDataSvc(postgres, await postgres.createMigratedDatabase(), "p"));
    const id = "11111111-2222-4333-8444-555555555555";
    const { authorization } = proof();
    const client = ["client.mjs", service.url, JSON.stringify(assessment({ id })), authorization];
    const env = { NODE_EXTRA_CA_CERTS: authorityFile() };
    expect(JSON.parse(await succeeded(run({ command: [process.execPath, ...client], cwd: folder, env })))).toEqual({
      statuses: [201, 200, 200, 201, 200, 200, 204],
      level: "prediabetes",
      listed: [id],
      filtered: 1,
      reports: ["s3://reports/1.pdf"],
      problem: "urn:diabrisk:problem:user-does-not-exist",
    });
  },
  LIMIT_MS,
);

test("its types refuse a level that there is not", async () => {
  const wrong = `import type { components } from "./api.js";
export const level: components["schemas"]["ConfidenceLevel"] = "certain";\n`;
  await writeFile(path.join(folder, "wrong.ts"), wrong);
  const { code, stdout } = await compile("wrong.ts");
  expect([code, stdout]).toEqual([
    expect.any(Number),
    expect.stringContaining(`Type '"certain"' is not assignable to type`),
  ]);
  expect(code).not.toBe(0);
});
