import { cp, mkdir, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { execute, KubectlError } from "../../lib/deploy/kubectl";
import { readManifests } from "../../lib/deploy/manifests";
import { dev } from "../../lib/stages/dev";
import { checkOut } from "../../scripts/check-out";
import { lastRelease, whyNotHere } from "../../scripts/releases";
import { type E2e, Skip } from "./case";
import type { Manifests } from "./deployments";
import { buildImage } from "./images";
import { deployedCredentials } from "./rotation";

/** The last release as it was committed: an image of its sources, and manifests that its own code makes. */
export async function lastReleaseManifests(e2e: E2e): Promise<Manifests> {
  const release = lastRelease();
  const missing = whyNotHere(release);
  if (missing !== undefined) throw new Skip(`release ${release.version}: ${missing}`);
  const source = path.join(e2e.folder, "source-last");
  const context = path.join(e2e.folder, "release-last");
  const image = `${dev.service.image.reference}-e2e-last`;
  checkOut(release.commit, source);
  await run(e2e, source, "--import", "tsx", path.join("scripts", "build.ts"), "migrate", "data-svc");
  await mkdir(context, { recursive: true });
  const made = ["migrate", "migrate.js", "libpg-query.wasm", "data-svc.js", "source.digest"];
  for (const name of made) await cp(path.join(source, "build", name), path.join(context, name));
  await cp(path.join(source, "migrations"), path.join(context, "migrations"), { recursive: true });
  // The code cache of this machine's Node.js may not fit the image's.
  const steps = ["USER 0", "RUN rm -rf /app/migrations /app/migrate.js.cache", `COPY ${made.join(" ")} /app/`];
  const rest = ["COPY migrations /app/migrations", "USER 10001:10001", ""];
  await writeFile(
    path.join(context, "Dockerfile"),
    [`FROM ${dev.service.image.reference}`, ...steps, ...rest].join("\n"),
  );
  await buildImage(image, e2e, context);
  const credentials = await e2e.write("credentials-last.json", JSON.stringify(await deployedCredentials(e2e)));
  const folder = path.join(e2e.folder, `${e2e.namespace}-last`);
  const program = path.join(__dirname, "synth-release.ts");
  await run(e2e, source, "--import", "tsx", program, folder, e2e.namespace, image, credentials);
  return await readManifests(folder);
}

const run = async (e2e: E2e, cwd: string, ...args: string[]) =>
  must(await execute(process.execPath, args, { cwd, env: e2e.kubectl.env }));

function must({ code, stderr }: { readonly code: number; readonly stderr: string }): void {
  if (code !== 0) throw new KubectlError(`The last release cannot be made: ${stderr}`, "failed");
}
