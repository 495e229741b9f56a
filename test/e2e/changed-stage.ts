import { cp, mkdtemp, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { Chart } from "cdk8s";
import { assemble } from "../../lib/app";
import { migrationsIn } from "../../lib/common/contents";
import type { KubeObject } from "../../lib/deploy/kubectl";
import type { Credentials } from "../../lib/secrets/credentials";
import type { Stage } from "../../lib/stages/stage";
import type { StageChange } from "../support/stage-changes";
import type { E2e } from "./case";
import { NEXT_VERSION } from "./releases";

/** Origin of a namespace's objects, to which changes apply. */
export interface Base {
  readonly stage: Stage;
  readonly credentials: Credentials;
  /** Changes of finished objects so far. */
  readonly objects: NonNullable<StageChange["objects"]>;
  /** Folder of the migrations. */
  readonly migrations: string;
}

/** Makes a change to a base. */
export async function changed(base: Base, change: StageChange, e2e: E2e): Promise<Base> {
  const { stage = same, credentials = same, objects = same, migration } = change;
  return {
    stage: stage(base.stage),
    credentials: credentials(base.credentials),
    objects: (all) => objects(base.objects(all)),
    migrations: migration === undefined ? base.migrations : await oneMore(base.migrations, migration, e2e),
  };
}

const same = <Value>(value: Value) => value;

async function oneMore(migrations: string, sql: string, { folder }: E2e): Promise<string> {
  const directory = await mkdtemp(path.join(folder, "migrations-"));
  await cp(migrations, directory, { recursive: true });
  const name = path.join(directory, `${String(NEXT_VERSION).padStart(6, "0")}_more`);
  await writeFile(`${name}.up.sql`, `${sql}\n`);
  await writeFile(`${name}.down.sql`, "-- Of a test that never runs it.\n");
  return directory;
}

/** The objects of a base, in the group's namespace. Unchecked: some are wrong on purpose. */
export function objectsOf(
  { stage, credentials, objects, migrations }: Base,
  { namespace }: E2e,
): readonly KubeObject[] {
  const read = migrationsIn(migrations) ?? { version: 0, required: 0, contracts: [], digest: "" };
  const app = assemble({ stage, credentials, namespace, migrations: read });
  const charts = app.node.children.filter((child) => Chart.isChart(child));
  return objects(charts.flatMap((chart) => chart.toJson()));
}
