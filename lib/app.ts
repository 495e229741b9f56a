import { App, Chart } from "cdk8s";
import { ConfigurationChart } from "./charts/configuration";
import { DatabaseChart } from "./charts/database";
import { MigrationChart } from "./charts/migration";
import { NamespaceChart } from "./charts/namespace";
import { NetworkChart } from "./charts/network";
import { ServiceChart } from "./charts/service";
import type { Release } from "./charts/stage-chart";
import { check, requireNamespace } from "./stages/check";
import { toYaml } from "./yaml";

/** One file for `kubectl apply`. */
export interface ManifestFile {
  /** Relative to the output folder, e.g. `"dev/0003-database.k8s.yaml"`. */
  readonly path: string;
  readonly text: string;
}

/** The charts in the order in which they have to be applied. */
const CHARTS = [NamespaceChart, ConfigurationChart, NetworkChart, DatabaseChart, MigrationChart, ServiceChart] as const;

/** One App a stage, since synthesizing one is quadratic in its charts. @throws ConfigError */
export function buildApp(release: Release): App {
  check(release.stage);
  if (release.namespace !== undefined) requireNamespace(release.namespace);
  const app = new App({ outdir: release.stage.name });
  for (const StageChart of CHARTS) new StageChart(app, release);
  return app;
}

/**
 * The files of `app`: the same bytes whenever they are made from the same values, numbered in the order of application.
 * @throws Error that lists every object that a validation of its construct refuses, with its path
 */
export function manifests(app: App): ManifestFile[] {
  return app.node.children
    .filter((child) => Chart.isChart(child))
    .map((chart, index) => ({
      path: `${app.outdir}/${String(index).padStart(4, "0")}-${chart.node.id}${app.outputFileExtension}`,
      text: toYaml(chart.toJson()),
    }));
}

/** The files of all these stages. Nothing is returned unless all of them stand. @throws ConfigError */
export function synthesize(releases: readonly Release[]): ManifestFile[] {
  return releases.map(buildApp).flatMap(manifests);
}
