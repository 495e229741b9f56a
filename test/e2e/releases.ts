import { cp, mkdir, mkdtemp, readFile, symlink, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { synthesize } from "../../lib/app";
import type { Migrations } from "../../lib/common/contents";
import { CONTRACT_MIGRATIONS, NEWEST_MIGRATION } from "../../lib/contract";
import { execute, KubectlError } from "../../lib/deploy/kubectl";
import { type ManifestFile, readManifests } from "../../lib/deploy/manifests";
import { dev } from "../../lib/stages/dev";
import type { Image, Stage } from "../../lib/stages/stage";
import { readMigrations } from "../../lib/synth/inputs";
import type { E2e } from "./case";
import { buildImage } from "./images";
import { deployedCredentials } from "./rotation";

/** The version of the migration that the next release brings. */
export const NEXT_VERSION = NEWEST_MIGRATION + 1;

export interface NextReleaseProps {
  /** Ends the image's tag, e.g. `"broken"`. */
  readonly name: string;
  /** SQL of the migration that this release does not have. */
  readonly up: string;
  /** SQL that undoes it. */
  readonly down: string;
  /** Whether it says `-- contract`, so that data-svc does not wait for it. @default false */
  readonly contract?: boolean;
}

/** A release after this one: an image of its own, whose data-svc needs one more migration. */
export interface NextRelease {
  /** Its manifests for the stage of the group, with what `change` makes of that. Each call writes a folder of its own. */
  manifests(change?: (stage: Stage) => Stage): Promise<readonly ManifestFile[]>;
}

/** The next release as most cases want it: a column on the table that every request reads or writes. */
export const nextRelease = (e2e: E2e): Promise<NextRelease> =>
  releaseOf(e2e, {
    name: "next",
    up: "alter table assessments add column note text;\ncomment on column assessments.note is 'Null when not written.';\n",
    down: "alter table assessments drop column note;\n",
  });

/** A release whose migration the one before cannot live with. */
export const CONTRACT_RELEASE: NextReleaseProps = {
  name: "contract",
  up: "-- contract: nobody but the release before would miss it.\nalter table assessments add column note text;\n",
  down: "alter table assessments drop column note;\n",
  contract: true,
};

/** Builds a release, once a run, for the group that asks. */
export async function releaseOf(e2e: E2e, props: NextReleaseProps): Promise<NextRelease> {
  const key = `${e2e.folder} ${props.name}`;
  const building = builds.get(key) ?? build(e2e, props);
  builds.set(key, building);
  const { image, migrations, source } = await building;
  const manifests = async (change: (stage: Stage) => Stage = (stage) => stage) => {
    const stage = change({ ...e2e.stage, service: { ...e2e.stage.service, image } });
    return await writeManifests(e2e, { stage, migrations: readMigrations(migrations), source }, props.name);
  };
  return { manifests };
}

interface Built {
  readonly image: Image;
  /** Folder of its migrations. */
  readonly migrations: string;
  /** Digest of the source that it says it was built from. */
  readonly source: string;
}

const builds = new Map<string, Promise<Built>>();

async function build(e2e: E2e, props: NextReleaseProps): Promise<Built> {
  const folder = path.join(e2e.folder, `release-${props.name}`);
  const image = { reference: `${dev.service.image.reference}-e2e-${props.name}`, pullPolicy: "IfNotPresent" as const };
  await writeSources(e2e, folder, props);
  await buildImage(image.reference, e2e, folder);
  const source = (await readFile(path.join(folder, "source.digest"), "utf8")).trim();
  return { image, migrations: path.join(folder, "migrations"), source };
}

/** All that a build reads. */
const SOURCES = [
  "lib",
  "scripts",
  "migrations",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "Dockerfile",
  ".dockerignore",
];

/** What the image of this release lacks: data-svc built for one version more, and the migration. */
async function writeSources({ root, folder: temporary, kubectl }: E2e, folder: string, props: NextReleaseProps) {
  const source = path.join(temporary, `source-${props.name}`);
  await mkdir(folder, { recursive: true });
  await mkdir(source, { recursive: true });
  for (const name of SOURCES) {
    await cp(path.join(root, name), path.join(source, name), { recursive: true });
  }
  await symlink(path.join(root, "node_modules"), path.join(source, "node_modules"));
  const contract = path.join(source, "lib", "contract.ts");
  const text = await readFile(contract, "utf8");
  const [setting, value] = props.contract
    ? [/(?<=CONTRACT_MIGRATIONS: readonly number\[\] = \[).*(?=\])/, [...CONTRACT_MIGRATIONS, NEXT_VERSION]]
    : [/(?<=SCHEMA_VERSION = )\d+/, [NEXT_VERSION]];
  await writeFile(contract, text.replace(setting, value.join(", ")));
  const args = ["--import", "tsx", path.join("scripts", "build.ts"), "data-svc"];
  const { code, stderr } = await execute(process.execPath, args, { cwd: source, env: kubectl.env });
  if (code !== 0) throw new KubectlError(`data-svc of the next release was not built: ${stderr}`, "failed");

  const migration = path.join(folder, "migrations", `${String(NEXT_VERSION).padStart(6, "0")}_${props.name}`);
  await cp(path.join(root, "migrations"), path.join(folder, "migrations"), { recursive: true });
  for (const made of ["data-svc.js", "source.digest"]) {
    await cp(path.join(source, "build", made), path.join(folder, made));
  }
  await writeFile(`${migration}.up.sql`, props.up);
  await writeFile(`${migration}.down.sql`, props.down);
  await writeFile(
    path.join(folder, "Dockerfile"),
    `FROM ${dev.service.image.reference}\nCOPY data-svc.js source.digest /app/\nCOPY migrations /app/migrations\n`,
  );
}

/** Manifests of a stage that nobody has a file for, in the group's namespace and with dev's own credentials. */
async function writeManifests(e2e: E2e, built: { stage: Stage; migrations: Migrations; source: string }, name: string) {
  const folder = await mkdtemp(path.join(e2e.folder, `${name}-`));
  const credentials = await deployedCredentials(e2e);
  const release = { ...built, namespace: e2e.namespace, credentials };
  for (const file of synthesize([release])) await e2e.write(path.join(path.basename(folder), file.path), file.text);
  return await readManifests(path.join(folder, built.stage.name));
}
