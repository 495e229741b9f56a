import { JsonPatch } from "cdk8s";
import { Protocol, Service } from "cdk8s-plus-28";
import type { Construct } from "constructs";
import { IntOrString } from "../../imports/k8s";
import { labelsOf, type Part, selectorOf } from "./labels";
import { leaveOut } from "./leave-out";

export interface ServicePort {
  readonly name: string;
  readonly number: number;
  /** Name of the containers' port. @default the same name */
  readonly target?: string;
  /** Protocol that it speaks, for meshes and ingresses, where the name would tell them wrongly. @default not said */
  readonly protocol?: string;
}

export interface PodServiceProps {
  /** The part whose pods the Service selects. */
  readonly part: Part;
  /** Name of the Service, and so the host name for clients. @default the part's `app` */
  readonly name?: string;
  readonly ports: readonly ServicePort[];
  /** Name of the one pod of a StatefulSet that it selects. @default all pods of the part */
  readonly only?: string;
  /** Labels that pods need besides, which an operator sets. @default none */
  readonly also?: Readonly<Record<string, string>>;
  /** Gives each pod its own DNS name, and the Service no address. @default false */
  readonly headless?: boolean;
}

/** A cluster-internal name for the pods of one part, at its TCP ports. */
export class PodService extends Service {
  constructor(scope: Construct, id: string, props: PodServiceProps) {
    const { part, name = part.app, ports, only, also = {}, headless = false } = props;
    super(scope, id, {
      metadata: {
        name,
        labels: labelsOf(part),
        // The scanner does not know labels that a controller or an operator adds.
        ...((only !== undefined || Object.keys(also).length > 0) && {
          annotations: { "kube-score/ignore": "service-targets-pod" },
        }),
      },
      ports: ports.map(({ name, number }) => ({ name, port: number, protocol: Protocol.TCP })),
      ...(headless && { clusterIP: "None" }),
    });
    for (const [label, value] of Object.entries(selectorOf(part))) this.selectLabel(label, value);
    for (const [label, value] of Object.entries(also)) this.selectLabel(label, value);
    if (only !== undefined) this.selectLabel("statefulset.kubernetes.io/pod-name", only);
    // Targets each port by its name, so that each pod's own spec decides the number. cdk8s-plus only takes a number.
    for (const [index, { name, target = name, protocol }] of ports.entries()) {
      this.apiObject.addJsonPatch(JsonPatch.add(`/spec/ports/${index}/targetPort`, IntOrString.fromString(target)));
      if (protocol) this.apiObject.addJsonPatch(JsonPatch.add(`/spec/ports/${index}/appProtocol`, protocol));
    }
    leaveOut(this, "/spec/externalIPs", ...(headless ? ["/spec/type"] : []));
  }
}
