import { writeFileSync } from "node:fs";
import * as path from "node:path";
import { DOCS, makePages, readPage } from "./pages";

/** `npm run docs`: renews the pictures, the index of decisions and the outputs of the lint rules. */
async function main(): Promise<void> {
  for (const [name, text] of await makePages()) {
    const before = readPage(name);
    if (before !== text) writeFileSync(path.join(DOCS, name), text);
    console.log(`${before === text ? "unchanged" : "written  "} docs/${name}`);
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
