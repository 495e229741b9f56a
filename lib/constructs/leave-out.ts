import { ApiObject, JsonPatch } from "cdk8s";
import type { IConstruct } from "constructs";

/**
 * Removes fields that cdk8s-plus writes unasked. Each has the value that Kubernetes assumes without it.
 * @param paths as JSON pointers, e.g. `"/spec/externalIPs"`
 */
export function leaveOut(construct: IConstruct, ...paths: readonly string[]): void {
  ApiObject.of(construct).addJsonPatch(...paths.map((path) => JsonPatch.remove(path)));
}
