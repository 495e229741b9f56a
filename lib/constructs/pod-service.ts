import { JsonPatch } from "cdk8s";
import { Protocol, Service } from "cdk8s-plus-28";
import type { Construct } from "constructs";
import { IntOrString } from "../../imports/k8s";
import { labelsOf, type Part, selectorOf } from "./labels";
import { leaveOut } from "./leave-out";

export interface PodServiceProps {
  /** Whose pods. */
  readonly part: Part;
  /** Name of the Service, and so of the host that clients connect to. @default the part's `app` */
  readonly name?: string;
  /** Port of the Service, and name of the containers' port behind it. */
  readonly port: { readonly name: string; readonly number: number };
  /** Gives each pod a name of its own in DNS, and the Service no address. @default false */
  readonly headless?: boolean;
}

/** A name inside the cluster for the pods of one part, at one TCP port. */
export class PodService extends Service {
  constructor(scope: Construct, id: string, { part, name = part.app, port, headless = false }: PodServiceProps) {
    super(scope, id, {
      metadata: { name, labels: labelsOf(part) },
      ports: [{ name: port.name, port: port.number, protocol: Protocol.TCP }],
      ...(headless && { clusterIP: "None" }),
    });
    for (const [label, value] of Object.entries(selectorOf(part))) this.selectLabel(label, value);
    // cdk8s-plus takes a target port as a number alone. By its name, each pod says itself which one it is.
    this.apiObject.addJsonPatch(JsonPatch.add("/spec/ports/0/targetPort", IntOrString.fromString(port.name)));
    leaveOut(this, "/spec/externalIPs", ...(headless ? ["/spec/type"] : []));
  }
}
