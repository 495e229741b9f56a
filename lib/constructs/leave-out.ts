import { ApiObject, JsonPatch } from "cdk8s";
import type { IConstruct } from "constructs";

/**
 * Leaves fields out that cdk8s-plus writes unasked, each with the value that Kubernetes takes without it.
 * @param paths as JSON pointers, e.g. `"/spec/externalIPs"`
 */
export function leaveOut(construct: IConstruct, ...paths: readonly string[]): void {
  ApiObject.of(construct).addJsonPatch(...paths.map((path) => JsonPatch.remove(path)));
}
