import { quantity } from "../kubernetes/quantity";
import type { Objects } from "../objects";
import { type Container, isServing } from "../pods";
import { each, type Finding, type Rule } from "../rule";
import { at, text, tree } from "../tree";
import { finding } from "./host";
import { imageName } from "./images";

const RESOURCES = ["cpu", "memory", "ephemeral-storage"] as const;

/** Kubernetes refuses resources of ephemeral containers. */
const sized = (objects: Objects) => objects.containers.filter(({ role }) => role !== "ephemeralContainers");

/** What containers ask for and may use. */
export const RESOURCE_RULES: readonly Rule[] = [
  each(
    sized,
    "resources-set",
    "Without a request the scheduler packs pods blindly; without a limit one container starves or fills its node.",
    `Set requests and limits of ${RESOURCES.join(", ")}.`,
    function* (container) {
      for (const part of ["requests", "limits"]) {
        const given = tree(container.tree, "resources", part);
        const missing = RESOURCES.filter((resource) => given[resource] === undefined);
        if (missing.length > 0) yield finding(container, `resources.${part}`, `names no ${missing.join(", no ")}`);
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
        const [request, limit] = [quantity(asked), quantity(limits[resource])];
        if (request !== undefined && limit !== undefined && limit < request)
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

function* databaseMemory(container: Container): Iterable<Finding> {
  const [asked, allowed] = ["requests", "limits"].map((part) => at(container.tree, "resources", part, "memory"));
  const [request, limit] = [quantity(asked), quantity(allowed)];
  // A limit below the request, or none, has a rule of its own.
  if (request !== undefined && limit !== undefined && limit > request)
    yield finding(container, "resources.requests.memory", `is ${asked}, the limit ${allowed}`);
}

const SERVERS =
  /^(postgres|postgresql|postgis|pgvector|timescaledb|timescaledb-ha|spilo-\d+|mysql|mysql-server|mariadb|percona|mongo|mongodb)$/;

/**
 * A container that serves for ever and runs a database server's image, whoever published it: a Job with the same image is a
 * client, an exporter's image has another name.
 */
const isDatabase = (container: Container) =>
  isServing(container) && SERVERS.test(imageName(text(container.tree, "image") ?? ""));
