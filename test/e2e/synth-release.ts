/**
 * Runs in the checkout of another release: writes its manifests, as `light-stage.ts` of that checkout makes dev.
 * Arguments: folder, namespace, image, file of the credentials.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";

const here = <Module>(file: string) => require(path.join(process.cwd(), file)) as Module;
const { synthesize } = here<typeof import("../../lib/app")>("lib/app");
const { LIGHT } = here<typeof import("./light-stage")>("test/e2e/light-stage");
const { readMigrations, readSource } = here<typeof import("../../lib/synth/inputs")>("lib/synth/inputs");

const [folder = "", namespace = "", reference = "", credentials = ""] = process.argv.slice(2);
const stage = { ...LIGHT, service: { ...LIGHT.service, image: { ...LIGHT.service.image, reference } } };
const files = synthesize([
  {
    stage,
    namespace,
    migrations: readMigrations("migrations"),
    source: readSource("."),
    credentials: JSON.parse(readFileSync(credentials, "utf8")),
  },
]);
for (const file of files) {
  const to = path.join(folder, path.basename(file.path));
  mkdirSync(path.dirname(to), { recursive: true });
  writeFileSync(to, file.text, { mode: 0o600 });
}
