import { execFile } from "node:child_process";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";

const ROOT = path.resolve(__dirname, "../..");

/**
 * A program as one file that plain node runs, as in the image: it starts in a fraction of the time that its source takes. Made once for
 * the test file that calls this; `file` is where it is.
 */
export function useBundle(main: string): { readonly file: string } {
  const bundle = { file: "" };
  let folder: string;
  beforeAll(async () => {
    folder = await fs.mkdtemp(path.join(os.tmpdir(), "diabrisk-bundle-"));
    bundle.file = path.join(folder, "main.js");
    const flags = ["--bundle", "--platform=node", "--external:pg-native", "--log-level=error"];
    const esbuild = path.join(ROOT, "node_modules/.bin/esbuild");
    await promisify(execFile)(esbuild, [path.join(ROOT, main), ...flags, `--outfile=${bundle.file}`]);
    // As the build does: migrate looks for PostgreSQL's parser beside it.
    await fs.copyFile(require.resolve("libpg-query/wasm/libpg-query.wasm"), path.join(folder, "libpg-query.wasm"));
    // The build puts the text itself into the bundle.
    await fs.copyFile(path.join(ROOT, "lib/backup/contents.sql"), path.join(folder, "contents.sql"));
  });
  afterAll(() => fs.rm(folder, { recursive: true, force: true }));
  return bundle;
}
