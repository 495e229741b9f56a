import { quantity } from "../kubernetes/quantity";
import type { Objects } from "../objects";
import { type Container, isServing } from "../pods";
import { type Breach, each, type Rule } from "../rule";
import { at, text, tree } from "../tree";
import { finding } from "./host";
import { imageName } from "./images";

/**
 * The resources of a container, with the smallest plausible amounts. `512m` of memory is half a byte, a common slip.
 */
const RESOURCES = { cpu: "1m", memory: "1Mi", "ephemeral-storage": "1Mi" } as const;

/** Omits ephemeral containers: Kubernetes refuses resources for them. */
const sized = (objects: Objects) => objects.containers.filter(({ role }) => role !== "ephemeralContainers");

/** Containers request and limit their resources. */
export const RESOURCE_RULES: readonly Rule[] = [
  each(
    sized,
    "resources-set",
    "Without a request the scheduler packs pods blindly; without a limit one container starves or fills its node.",
    `Set requests and limits of ${Object.keys(RESOURCES).join(", ")}.`,
    function* (container) {
      for (const part of ["requests", "limits"]) {
        const given = tree(container.tree, "resources", part);
        const missing = Object.keys(RESOURCES).filter((resource) => given[resource] === undefined);
        if (missing.length > 0) yield finding(container, `resources.${part}`, `names no ${missing.join(", no ")}`);
        for (const [resource, least] of Object.entries(RESOURCES))
          if (isBelow(given[resource], least))
            yield finding(container, `resources.${part}.${resource}`, `is ${given[resource]}, less than ${least}`);
      }
    },
  ),
  each(
    sized,
    "limit-below-request",
    "The API server refuses a container that may use less than it asks for.",
    "Raise the limit to the request, or lower the request.",
    function* (container) {
      const limits = tree(container.tree, "resources", "limits");
      for (const [resource, asked] of Object.entries(tree(container.tree, "resources", "requests"))) {
        if (isBelow(limits[resource], asked))
          yield finding(container, `resources.limits.${resource}`, `is ${limits[resource]}, the request ${asked}`);
      }
    },
  ),
  each(
    (objects) => objects.containers.filter(isDatabase),
    "database-memory",
    "A database that may use more memory than it asked for is the first that a full node kills, in the middle of its work.",
    "Set the memory request and the memory limit to the same amount.",
    databaseMemory,
  ),
];

/** Whether both values are quantities, and the first is smaller. */
function isBelow(value: unknown, other: unknown): boolean {
  const [one, two] = [quantity(value), quantity(other)];
  return one !== undefined && two !== undefined && one < two;
}

function* databaseMemory(container: Container): Iterable<Breach> {
  const [asked, allowed] = ["requests", "limits"].map((part) => at(container.tree, "resources", part, "memory"));
  // Other rules report a missing limit, or one below the request.
  if (isBelow(asked, allowed))
    yield finding(container, "resources.requests.memory", `is ${asked}, the limit ${allowed}`);
}

const SERVER =
  /(?<![a-z])(?:postgres|postgresql|postgis|pgvector|timescaledb|spilo|mysql|mariadb|percona|mongo|mongodb|redis|valkey)(?![a-z])/;
/** Words in names of images that go with a database server but are not one. */
const BESIDE_SERVER = /exporter|operator|backup|client|proxy|router|express|admin|tools|agent|sentinel/;

/**
 * Whether a container runs a database server's image, from any publisher, as a service. A Job with such an image is a
 * client.
 */
function isDatabase(container: Container): boolean {
  const image = imageName(text(container.tree, "image") ?? "");
  return isServing(container) && SERVER.test(image) && !BESIDE_SERVER.test(image);
}
