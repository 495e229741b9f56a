import type { Size } from "cdk8s";
import { type Container, type PodSpec, Quantity, type ResourceRequirements, type Volume } from "../../imports/k8s";
import type { Amounts, Image, Resources } from "../stages/stage";

export interface PodProps extends Omit<PodSpec, "securityContext" | "containers" | "initContainers"> {
  /** ServiceAccount to run as. It has no permissions and its token is not mounted. */
  readonly serviceAccountName: string;
  /** User, group and owner of the volumes. At least 10000, so that it is no user of the node. */
  readonly uid: number;
  readonly containers: Container[];
  readonly initContainers?: Container[];
}

/** A pod as the restricted Pod Security Standard wants it: Kubernetes' own defaults are none of this. */
export function securePod({ uid, ...spec }: PodProps): PodSpec {
  return {
    automountServiceAccountToken: false,
    // Variables for every Service of the namespace: nobody reads them, and they change with the neighbours.
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: uid,
      runAsGroup: uid,
      fsGroup: uid,
      // Changing the owner of every file at every start takes minutes on a large volume.
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
    ...spec,
  };
}

export interface ContainerProps extends Omit<Container, "image" | "imagePullPolicy" | "resources" | "securityContext"> {
  readonly image: Image;
  readonly resources: Resources;
  /** User and group; the pod's own. */
  readonly uid: number;
}

/** A container without privileges and with a read-only root; what it writes to is mounted. */
export function secureContainer({ image, resources, uid, ...container }: ContainerProps): Container {
  return {
    ...container,
    image: image.reference,
    imagePullPolicy: image.pullPolicy,
    resources: { requests: quantities(resources.requests), limits: quantities(resources.limits) },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      privileged: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      runAsUser: uid,
      runAsGroup: uid,
      seccompProfile: { type: "RuntimeDefault" },
    },
  };
}

/** Amounts under the names that Kubernetes gives them. */
export function quantities(amounts: Amounts): NonNullable<ResourceRequirements["limits"]> {
  return {
    cpu: Quantity.fromString(amounts.cpu),
    memory: Quantity.fromString(amounts.memory),
    "ephemeral-storage": Quantity.fromString(amounts.ephemeralStorage),
  };
}

/** A folder for scratch files of at most `size`, gone with the pod. */
export function scratch(name: string, size: Size, medium?: "Memory"): Volume {
  return { name, emptyDir: { sizeLimit: Quantity.fromString(size.asString()), medium } };
}

/** Files that the pod's group, and nobody else, may read. */
export const GROUP_READABLE = 0o440;

/**
 * Annotations for a pod whose images are loaded into the nodes: scanners ask for a pull at every start and a digest, and
 * neither works without a registry. Undefined where images are pulled.
 */
export function imageExceptions({ pullPolicy }: Image): Record<string, string> | undefined {
  if (pullPolicy === "Always") return undefined;
  return {
    "kube-score/ignore": "container-image-pull-policy",
    "checkov.io/skip1": "CKV_K8S_15=images are loaded into the nodes and there is no registry to pull from",
    "checkov.io/skip2": "CKV_K8S_43=an image that is loaded has no registry digest",
  };
}
