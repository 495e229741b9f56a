import { strict as assert } from "node:assert";
import { execute, type KubeObject } from "../../lib/deploy/kubectl";
import type { Stage } from "../../lib/stages/stage";
import { type E2e, Skip } from "./case";
import { sharedCluster } from "./shared-cluster";
import { giveTimeZones } from "./time-zones";

/** Something that runs in the cluster and acts on custom resources. */
export interface Operator {
  /** Name of its Deployment. */
  readonly name: string;
  /** Its name in the one-node cluster beside this folder. @default the Deployment's */
  readonly builtAs?: string;
  /** A definition that it brings. */
  readonly definition: string;
}

const CERT_MANAGER = { name: "cert-manager", definition: "certificates.cert-manager.io" };
const CLOUDNATIVE_PG = [
  { name: "cnpg-controller-manager", builtAs: "cloudnative-pg", definition: "clusters.postgresql.cnpg.io" },
  { name: "barman-cloud", definition: "objectstores.barmancloud.cnpg.io" },
];
const EXTERNAL_SECRETS = { name: "external-secrets", definition: "externalsecrets.external-secrets.io" };

const PROMETHEUS = {
  name: "prometheus-operator",
  builtAs: "monitoring",
  definition: "prometheusrules.monitoring.coreos.com",
};

/** Has the cluster run Prometheus' operator. @throws Skip with the reason if it cannot */
export const requirePrometheus = (e2e: E2e): Promise<void> => requireOperator(e2e, PROMETHEUS);

/** Leaves a stage's monitoring out, and says so, where the cluster cannot have it. */
export async function monitoredIfPossible(e2e: E2e, stage: Stage): Promise<Stage> {
  if (stage.monitoring.kind === "none") return stage;
  try {
    await requirePrometheus(e2e);
    return stage;
  } catch (error) {
    if (!(error instanceof Skip)) throw error;
    e2e.evidence(`not as synthesized: without monitoring, since ${error.message}`);
    return { ...stage, monitoring: { kind: "none" } };
  }
}

/** Has the cluster run what a stage's custom resources need. @throws Skip with the reason if it cannot */
export async function requireOperators(e2e: E2e, { secrets, certificate, engine }: Stage): Promise<void> {
  const needed = [
    ...(secrets.kind === "external" ? [EXTERNAL_SECRETS] : []),
    ...(certificate.kind === "cert-manager" ? [CERT_MANAGER] : []),
    ...(engine === "cloudnative-pg" ? CLOUDNATIVE_PG : []),
  ];
  for (const operator of needed) await requireOperator(e2e, operator);
  if (certificate.kind === "cert-manager") await requireIssuer(e2e, certificate);
}

/** One that is there already is used as it is. */
async function requireOperator(e2e: E2e, operator: Operator): Promise<void> {
  await e2e.shared.once(`operator ${operator.name}`, async () => {
    const cluster = await sharedCluster(e2e);
    if (cluster) return await install(e2e, cluster, operator.builtAs ?? operator.name);
    if (!(await runs(e2e, operator))) {
      throw new Skip(`the cluster has no ${operator.name} (Deployment and ${operator.definition})`);
    }
  });
}

const DEFINITIONS = "operators that act on definitions";

/** Tells whether this run has installed operators, which need the definitions of custom resources. */
export const needsDefinitions = ({ shared }: E2e) => shared.names().includes(DEFINITIONS);

/** Installs what was built, which takes seconds. It stays, as other runs use it; `cluster down` removes it. */
async function install(e2e: E2e, cluster: string, name: string): Promise<void> {
  const built = await execute(cluster, ["built", name], { env: e2e.kubectl.env });
  if (built.code !== 0) throw new Skip(`operator ${name} is not built here: ../shared/cluster/cluster build ${name}`);
  await e2e.shared.once(DEFINITIONS, async () => undefined);
  e2e.say(`installing ${name}`);
  if (name === EXTERNAL_SECRETS.name) await defineWatchedKind(e2e);
  const installed = execute(cluster, ["install", name], { env: e2e.kubectl.env, seconds: 300 });
  if (name === PROMETHEUS.builtAs) await giveTimeZones(e2e);
  const { code, stderr } = await installed;
  assert.equal(code, 0, `${name} could not be installed: ${stderr}`);
}

/**
 * A kind that External Secrets watches, and that the one-node cluster does not define: two minutes after each of its starts it
 * ends for want of it, and is started again ever later.
 */
const WATCHED_KIND = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "generatorstates.generators.external-secrets.io" },
  spec: {
    group: "generators.external-secrets.io",
    names: { kind: "GeneratorState", plural: "generatorstates" },
    scope: "Namespaced",
    versions: [
      {
        name: "v1alpha1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
};

/** Begins anew an operator that has run without the definition. */
async function defineWatchedKind({ kubectl }: E2e): Promise<void> {
  if (await kubectl.get(`customresourcedefinition/${WATCHED_KIND.metadata.name}`)) return;
  await kubectl.run(["apply", "--filename=-"], { input: JSON.stringify(WATCHED_KIND) });
  // Its namespace has its name.
  const operator = kubectl.in(EXTERNAL_SECRETS.name);
  const deployment = `deployment/${EXTERNAL_SECRETS.name}`;
  if (await operator.get(deployment)) await operator.run(["rollout", "restart", deployment]);
}

async function runs({ kubectl }: E2e, { name, definition }: Operator): Promise<boolean> {
  const defined = await kubectl.get(`customresourcedefinition/${definition}`);
  const { items } = JSON.parse(await kubectl.run(["get", "deployments", "--all-namespaces", "--output=json"])) as {
    items: readonly KubeObject[];
  };
  const ready = items.some(({ metadata, status }) => metadata.name === name && Number(status?.readyReplicas ?? 0) > 0);
  return defined !== undefined && ready;
}

async function requireIssuer(
  { kubectl }: E2e,
  { issuer, issuerKind }: Extract<Stage["certificate"], { kind: "cert-manager" }>,
): Promise<void> {
  const reference = `${issuerKind.toLowerCase()}/${issuer}`;
  if (!(await kubectl.get(reference))) throw new Skip(`the cluster has no ${issuerKind} ${issuer}`);
}
