import * as path from "node:path";
import { build } from "esbuild";
import { texts } from "../../scripts/texts";

const bundle = (entry: string) =>
  build({
    absWorkingDir: path.resolve(__dirname, "../.."),
    entryPoints: [entry],
    bundle: true,
    platform: "node",
    write: false,
    logLevel: "silent",
    plugins: [texts],
  });

test.each([
  ["the pods' scripts", "lib/constructs/shell-script.ts", "docker-entrypoint.sh postgres"],
  ["the SQL that counts", "lib/backup/contents-sql.ts", "json_build_object"],
])("%s are in the bundle, and nothing reads them from a folder", async (_, entry, part) => {
  const [file] = (await bundle(entry)).outputFiles;
  expect(file?.text).toContain(part);
  expect(file?.text).not.toContain("readFileSync");
});

test("a bundle without any of them is a failed build", async () => {
  await expect(bundle("lib/contract.ts")).rejects.toThrow("none of the modules with texts is in the bundle");
});
