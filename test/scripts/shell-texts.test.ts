import * as path from "node:path";
import { build } from "esbuild";
import { shellTexts } from "../../scripts/shell-texts";

const bundle = (entry: string) =>
  build({
    absWorkingDir: path.resolve(__dirname, "../.."),
    entryPoints: [entry],
    bundle: true,
    platform: "node",
    write: false,
    logLevel: "silent",
    plugins: [shellTexts],
  });

test("the scripts are in the bundle, and nothing reads them from a folder", async () => {
  const [file] = (await bundle("lib/constructs/shell-script.ts")).outputFiles;
  expect(file?.text).toContain("docker-entrypoint.sh postgres");
  expect(file?.text).not.toContain("readFileSync");
});

test("a bundle without them is a failed build", async () => {
  await expect(bundle("lib/contract.ts")).rejects.toThrow("lib/constructs/scripts is not in the bundle");
});
