import { mkdtemp, rm, writeFile } from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { execute } from "../../lib/deploy/kubectl";

const ROOT = path.resolve(__dirname, "../..");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "lint-sh-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("a fault in any script fails, with its place", async () => {
  const [good, bad] = [path.join(folder, "good.sh"), path.join(folder, "bad.sh")];
  await writeFile(good, '#!/bin/sh\ncat "$1"\n');
  await writeFile(bad, "#!/bin/sh\ncat $1\n");
  const lint = (...files: string[]) =>
    execute(process.execPath, ["--import", "tsx", "scripts/lint-sh.ts", ...files], { cwd: ROOT, env: {} });
  expect(await lint(good)).toMatchObject({ code: 0, stdout: "1 shell scripts, 0 findings\n" });
  const { code, stdout } = await lint(good, bad);
  expect(code).toBe(1);
  expect(stdout).toMatch(/bad\.sh:2:5: info: Double quote .*SC2086\n2 shell scripts, 1 findings/);
});
