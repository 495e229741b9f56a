import { ApiObject, App, Chart } from "cdk8s";
import { ConfigurationChart } from "./charts/configuration";
import { DatabaseChart } from "./charts/database";
import { MigrationChart } from "./charts/migration";
import { NamespaceChart } from "./charts/namespace";
import { NetworkChart } from "./charts/network";
import { ServiceChart } from "./charts/service";
import type { Release } from "./charts/stage-chart";
import { evaluate, type KubeObject, kubeObject, PolicyError } from "./policy";
import { check, checkAll, requireNamespace } from "./stages/check";
import { policyOfObjects, policyOfStage } from "./stages/policy";
import type { Stage } from "./stages/stage";
import type { ManifestFile } from "./synth/output";
import { toYaml } from "./synth/yaml";

/** The charts in the order in which they have to be applied. */
const CHARTS = [NamespaceChart, ConfigurationChart, NetworkChart, DatabaseChart, MigrationChart, ServiceChart] as const;

/** The charts of one stage. */
export class StageApp extends App {
  constructor(readonly stage: Stage) {
    super({ outdir: stage.name });
  }
}

/** One App a stage, since synthesizing one is quadratic in its charts. @throws ConfigError */
export function buildApp(release: Release): StageApp {
  check(release.stage);
  return inItsNamespace(release);
}

function inItsNamespace(release: Release): StageApp {
  if (release.namespace !== undefined) requireNamespace(release.namespace);
  return assemble(release);
}

/** The same for a stage that is no release's, and so need not agree with what is deployed. */
export function assemble(release: Release): StageApp {
  const app = new StageApp(release.stage);
  for (const StageChart of CHARTS) new StageChart(app, release);
  return app;
}

/**
 * The files of `app`: the same bytes whenever they are made from the same values, numbered in the order of application.
 * @throws Error that lists every object that a validation of its construct refuses, with its path
 * @throws PolicyError with everything in the finished objects that breaks a rule
 */
export function manifests(app: App): ManifestFile[] {
  return files([app]);
}

/** The files of all these stages. Nothing is returned unless all of them stand. @throws ConfigError, PolicyError */
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

/** The rules that the objects break, each with the path of its construct, which is looked for only then. */
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
