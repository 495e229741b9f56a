import { ApiObject, App, Chart } from "cdk8s";
import { BackupChart } from "./charts/backup";
import { ConfigurationChart } from "./charts/configuration";
import { ContractChart, hasContract } from "./charts/contract";
import { DatabaseChart } from "./charts/database";
import { DrillChart } from "./charts/drill";
import { MigrationChart } from "./charts/migration";
import { isMonitored, MonitoringChart } from "./charts/monitoring";
import { NamespaceChart } from "./charts/namespace";
import { NetworkChart } from "./charts/network";
import { RetentionChart } from "./charts/retention";
import { ServiceChart } from "./charts/service";
import type { Release } from "./charts/stage-chart";
import { evaluate, type KubeObject, kubeObject, PolicyError } from "./policy";
import { check, checkAll, requireNamespace } from "./stages/check";
import { policyOfObjects, policyOfStage } from "./stages/policy";
import type { Stage } from "./stages/stage";
import type { ManifestFile } from "./synth/output";
import { toYaml } from "./synth/yaml";

/** The charts in their order of application. */
const CHARTS = [
  NamespaceChart,
  ConfigurationChart,
  NetworkChart,
  DatabaseChart,
  MigrationChart,
  ServiceChart,
  BackupChart,
  DrillChart,
  RetentionChart,
] as const;

/** The charts of one stage. */
export class StageApp extends App {
  constructor(readonly stage: Stage) {
    super({ outdir: stage.name });
  }
}

/** Builds one App for a stage: synthesis time grows with the square of an App's charts. @throws ConfigError */
export function buildApp(release: Release): StageApp {
  check(release.stage);
  return inItsNamespace(release);
}

function inItsNamespace(release: Release): StageApp {
  if (release.namespace !== undefined) requireNamespace(release.namespace);
  return assemble(release);
}

/** Builds the App of a stage that is no release's, so it need not agree with the deployed one. */
export function assemble(release: Release): StageApp {
  const app = new StageApp(release.stage);
  for (const StageChart of CHARTS) new StageChart(app, release);
  if (isMonitored(release)) new MonitoringChart(app, release);
  if (hasContract(release)) new ContractChart(app, release);
  return app;
}

/**
 * Renders the files of `app`, numbered in the order of application. The same values give the same bytes.
 * @throws Error that lists every object that its construct's validation refuses, with its path
 * @throws PolicyError with every rule that the finished objects break
 */
export function manifests(app: App): ManifestFile[] {
  return files([app]);
}

/** Renders the files of all these stages, or none if one stage fails. @throws ConfigError, PolicyError */
export function synthesize(releases: readonly Release[]): ManifestFile[] {
  checkAll(releases.map(({ stage }) => stage));
  return files(releases.map(inItsNamespace));
}

function files(apps: readonly App[]): ManifestFile[] {
  const finished = apps.map((app) => ({
    app,
    charts: charts(app).map((chart) => ({ chart, objects: chart.toJson() })),
  }));
  const broken = finished.flatMap(({ app, charts }) =>
    judge(
      app,
      charts.flatMap(({ objects }) => objects),
    ),
  );
  if (broken.length > 0) throw new PolicyError(apps.map(({ outdir }) => outdir).join(", "), broken);
  return finished.flatMap(({ app, charts }) =>
    charts.map(({ chart, objects }, index) => ({
      path: `${app.outdir}/${String(index).padStart(4, "0")}-${chart.node.id}${app.outputFileExtension}`,
      text: toYaml(objects),
    })),
  );
}

const charts = (app: App) => app.node.children.filter((child) => Chart.isChart(child));

/** Lists the broken rules. Looks for the paths of the constructs only if there are any. */
function judge(app: App, finished: ReturnType<Chart["toJson"]>) {
  const objects = finished.map((document) => kubeObject(document));
  const options = app instanceof StageApp ? policyOfStage(app.stage) : policyOfObjects(objects);
  return evaluate(objects, options).length === 0 ? [] : evaluate(withPaths(app, objects), options);
}

function withPaths(app: App, objects: readonly KubeObject[]): KubeObject[] {
  const key = ({ kind, name }: { kind: string; name: string }) => `${kind} ${name}`;
  const paths = new Map(
    app.node.findAll().flatMap((node) => (ApiObject.isApiObject(node) ? [[key(node), node.node.path] as const] : [])),
  );
  return objects.map((object) => {
    const path = paths.get(key(object));
    return path === undefined ? object : { ...object, origin: `${app.outdir}/${path}` };
  });
}
