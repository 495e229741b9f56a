import { INSTANCE_STATUS_PORT } from "../../postgres/identity";
import type { Kubectl, KubeObject } from "../kubectl";
import { drainRemark } from "./drain-remark";
import { type Finding, NOTHING, problemsOf, together } from "./finding";

/** A program that acts on a stage's objects, in versions that this release was tried with. */
interface Program {
  readonly name: string;
  /** Recognizes its image. */
  readonly image: RegExp;
  /** Major and minor version that the objects need, and that they were tried with. */
  readonly version: readonly [major: number, minor: number];
  /** The damage without it. */
  readonly without: string;
}

const OPERATOR: Program = {
  name: "CloudNativePG",
  image: /(?:^|\/)cloudnative-pg[:@]/,
  version: [1, 30],
  without: "the Cluster would wait for it for ever",
};
const PLUGIN: Program = {
  name: "CloudNativePG's Barman Cloud plugin",
  image: /(?:^|\/)plugin-barman-cloud[:@]/,
  version: [0, 14],
  without: "the Cluster would make no instance",
};

/** Checks that the operator of a Cluster and its plugin run, in versions that its objects are for. */
export async function checkClusterOperator(objects: readonly KubeObject[], kubectl: Kubectl): Promise<Finding> {
  const clusters = objects.filter(({ kind }) => kind === "Cluster");
  if (clusters.length === 0) return NOTHING;
  const deployments = await everywhere("deployments", kubectl);
  const needsPlugin = objects.some(({ kind }) => kind === "ObjectStore");
  const needed = [OPERATOR, ...(needsPlugin ? [PLUGIN] : [])];
  return together([
    ...needed.map((program) => checkProgram(program, deployments)),
    checkPlaces(deployments, objects, needsPlugin),
    ...(await Promise.all(clusters.map((cluster) => drainRemark(cluster, kubectl)))),
  ]);
}

async function everywhere(kind: string, kubectl: Kubectl): Promise<readonly KubeObject[]> {
  const text = await kubectl.run(["get", kind, "--all-namespaces", "--output=json"]);
  return (JSON.parse(text) as { items: readonly KubeObject[] }).items;
}

const runsOf = (program: Program, deployments: readonly KubeObject[]) =>
  deployments.flatMap((deployment) => {
    const image = imagesOf(deployment).find((one) => program.image.test(one));
    return image === undefined ? [] : [{ deployment, image }];
  });

const placesOf = (program: Program, deployments: readonly KubeObject[]) =>
  runsOf(program, deployments).map(({ deployment }) => deployment.metadata.namespace ?? "");

/** The policies let one namespace's pods ask the instances, and the operator looks for its plugin in its own namespace alone. */
function checkPlaces(
  deployments: readonly KubeObject[],
  objects: readonly KubeObject[],
  needsPlugin: boolean,
): Finding {
  const [operators, plugins] = [placesOf(OPERATOR, deployments), placesOf(PLUGIN, deployments)];
  const allowed = operatorNamespaces(objects);
  const problems: string[] = [];
  if (operators.length > 0 && allowed.size > 0 && !operators.some((place) => allowed.has(place))) {
    problems.push(
      `${OPERATOR.name} runs in namespace ${operators.join(", ")}, but the stage's policies let in ${[...allowed].join(", ")}, so the ` +
        "Cluster would never get ready. Set cluster.operatorNamespace to where it runs.",
    );
  }
  if (
    needsPlugin &&
    plugins.length > 0 &&
    operators.length > 0 &&
    !plugins.some((place) => operators.includes(place))
  ) {
    problems.push(
      `${PLUGIN.name} runs in namespace ${plugins.join(", ")}, but ${OPERATOR.name} looks for it in its own, ${operators.join(", ")}. ` +
        "Install it there.",
    );
  }
  return problemsOf(problems);
}

interface PolicyRule {
  readonly from?: readonly {
    readonly namespaceSelector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  }[];
  readonly ports?: readonly { readonly port?: number }[];
}

/** Namespaces from which an instance's state may be asked. */
function operatorNamespaces(objects: readonly KubeObject[]): ReadonlySet<string> {
  const rules = objects
    .filter(({ kind }) => kind === "NetworkPolicy")
    .flatMap(({ spec }) => (spec?.ingress ?? []) as readonly PolicyRule[])
    .filter(({ ports }) => ports?.some(({ port }) => port === INSTANCE_STATUS_PORT));
  const names = rules.flatMap(({ from = [] }) =>
    from.flatMap(({ namespaceSelector }) => namespaceSelector?.matchLabels?.["kubernetes.io/metadata.name"] ?? []),
  );
  return new Set(names);
}

function checkProgram(program: Program, deployments: readonly KubeObject[]): Finding {
  const { name, without } = program;
  const [first] = runsOf(program, deployments);
  if (!first) return problemsOf([`No Deployment of the cluster runs ${name}, and ${without}. Install it.`]);
  const { deployment, image } = first;
  const place = `${deployment.metadata.namespace ?? ""}/${deployment.metadata.name}`;
  if (Number(deployment.status?.readyReplicas ?? 0) === 0)
    return problemsOf([`${name} (Deployment ${place}) has no ready pod, and ${without}. See why: kubectl describe.`]);
  return checkVersion(program, image);
}

function checkVersion({ name, version: [major, minor] }: Program, image: string): Finding {
  const tag = /:v?(\d+)\.(\d+)\.\d+/.exec(image);
  const tried = `${major}.${minor}`;
  if (!tag) return { ...NOTHING, unchecked: [`The version of ${name}: its image ${image} does not say it.`] };
  const [is, wanted] = [Number(tag[1]) * 1000 + Number(tag[2]), major * 1000 + minor];
  if (is < wanted)
    return problemsOf([
      `${name} is of version ${tag[0].slice(1)}, which does not know all that the stage's objects ask of it. Update it to ${tried}.`,
    ]);
  if (is === wanted) return NOTHING;
  return { ...NOTHING, remarks: [`${name} is of version ${tag[0].slice(1)}; this release was tried with ${tried}.`] };
}

interface Template {
  readonly spec?: { readonly containers?: readonly { readonly image?: string }[] };
}

const imagesOf = ({ spec }: KubeObject) =>
  ((spec?.template ?? {}) as Template).spec?.containers?.flatMap(({ image }) => image ?? []) ?? [];
