import { Size } from "cdk8s";
import { type Container, type PodSpec, Quantity, type ResourceRequirements, type Volume } from "../../imports/k8s";
import { canonicalQuantity } from "../stages/quantity";
import type { Amounts, Image, Resources } from "../stages/stage";

export interface PodProps extends Omit<PodSpec, "securityContext" | "containers" | "initContainers"> {
  /** ServiceAccount to run as. It has no permissions and its token is not mounted. */
  readonly serviceAccountName: string;
  /** User, group and owner of the volumes. At least 10000, so that no user of the node has the same number. */
  readonly uid: number;
  readonly containers: Container[];
  readonly initContainers?: Container[];
}

/** Completes a pod to the restricted Pod Security Standard, which Kubernetes' defaults do not meet. */
export function securePod({ uid, ...spec }: PodProps): PodSpec {
  return {
    automountServiceAccountToken: false,
    // Leaves out variables for the namespace's Services: nobody reads them, and they change with the neighbours.
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: uid,
      runAsGroup: uid,
      fsGroup: uid,
      // Saves minutes at every start of a large volume: the owner of each file is changed only if the root's is wrong.
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
    ...spec,
  };
}

export interface ContainerProps extends Omit<Container, "image" | "imagePullPolicy" | "resources" | "securityContext"> {
  readonly image: Image;
  readonly resources: Resources;
  /** User and group, those of the pod. */
  readonly uid: number;
}

/** A container without privileges and with a read-only root. Mount a volume for each path that it writes to. */
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

/** Converts amounts to the names that Kubernetes gives them. */
export function quantities(amounts: Amounts): NonNullable<ResourceRequirements["limits"]> {
  return {
    cpu: quantity(amounts.cpu),
    memory: quantity(amounts.memory),
    "ephemeral-storage": quantity(amounts.ephemeralStorage),
  };
}

/** An amount in the API server's own form. */
export const quantity = (amount: string): Quantity => Quantity.fromString(canonicalQuantity(amount));

/**
 * A folder for scratch files of at most `size`, in the memory of the container that fills it. It ends with the pod. Who
 * fills it gets ENOSPC; for a folder on the node's disk the kubelet would evict the pod.
 */
export function scratch(name: string, size: Size): Volume {
  return { name, emptyDir: { sizeLimit: quantity(size.asString()), medium: "Memory" } };
}

/** The folder `/tmp`. No program here writes to it, so it is small enough for every memory limit. */
export const temporary = (): Volume => scratch("tmp", Size.mebibytes(8));

/** File mode that lets the pod's group read, and nobody else. */
export const GROUP_READABLE = 0o440;

/**
 * Annotations for a pod whose images are loaded into the nodes; undefined if they are pulled. Scanners demand a digest
 * and a pull at every start, and neither works without a registry.
 */
export function imageExceptions({ pullPolicy }: Image): Record<string, string> | undefined {
  if (pullPolicy === "Always") return undefined;
  return {
    "kube-score/ignore": "container-image-pull-policy",
    "checkov.io/skip1": "CKV_K8S_15=images are loaded into the nodes and there is no registry to pull from",
    "checkov.io/skip2": "CKV_K8S_43=an image that is loaded has no registry digest",
  };
}
