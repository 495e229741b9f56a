import { evaluate, kubeObject, type Violation } from "../../../lib/policy";
import { dev } from "../../../lib/stages/dev";
import { policyOfObjects } from "../../../lib/stages/policy";
import { prod } from "../../../lib/stages/prod";
import { prodHa } from "../../../lib/stages/prod-ha";
import type { Stage } from "../../../lib/stages/stage";
import { type Manifest, objectsOf, only } from "../../support/manifests";

/** Numbers that breaks count on, whatever prod has. */
const three = { ...prod, service: { ...prod.service, replicas: 3, minAvailable: 2 } };
/** As texts: parsing one takes half as long as cloning the objects, and hundreds of breaks each have their own. */
const FINISHED = {
  prod: JSON.stringify(objectsOf(three)),
  dev: JSON.stringify(objectsOf(dev)),
  "prod-ha": JSON.stringify(objectsOf(prodHa)),
} as const;

/** Neither the drill's, in its namespace, nor the monitoring's. */
const isOfStage = ({ metadata: { name, namespace, labels } }: Manifest) =>
  !(namespace ?? name)?.endsWith("-drill") && labels?.["app.kubernetes.io/component"] !== "monitoring";

/** A stage's finished objects, to be changed at will. */
export class Finished {
  readonly objects: Manifest[];

  constructor(stage: Stage["name"] & keyof typeof FINISHED = "prod") {
    this.objects = JSON.parse(FINISHED[stage]);
  }

  /** The one object of that kind, and of that name where there are several, but for the drill's namespace and the monitoring. */
  get(kind: string, name?: string): Manifest {
    return only(this.objects.filter(isOfStage), kind, name);
  }

  add(...objects: Manifest[]): void {
    this.objects.push(...objects);
  }

  remove(kind: string, name?: string): void {
    this.objects.splice(this.objects.indexOf(this.get(kind, name)), 1);
  }

  get database() {
    return this.get("StatefulSet");
  }
  get cluster() {
    return this.get("Cluster").spec;
  }
  get service() {
    return this.get("Deployment");
  }
  get job() {
    return this.get("Job");
  }
  /** The pod of the service. */
  get pod() {
    return this.service.spec.template.spec;
  }
  /** The container of the service. */
  get container() {
    return this.pod.containers[0];
  }
  /** The container of the database. */
  get server() {
    return this.database.spec.template.spec.containers[0];
  }

  violations(): Violation[] {
    const objects = this.objects.map((object) => kubeObject(object));
    return evaluate(objects, policyOfObjects(objects));
  }
}

/** Tells the pods of a workload from others by a label, in its selector, too. */
export function labelPods({ spec }: Manifest, key: string, value: string): void {
  spec.selector.matchLabels[key] = value;
  spec.template.metadata.labels[key] = value;
}

/** Adds annotations to those that an object has, such as its exceptions. */
export const annotate = ({ metadata }: Manifest, annotations: Readonly<Record<string, string>>) =>
  Object.assign(metadata.annotations, annotations);

/** One change of good objects that breaks a rule. */
export interface Break {
  readonly rule: string;
  /** What is done, for the test's name. */
  readonly by: string;
  readonly change: (set: Finished) => void;
  /** Rules that cannot but be broken, too. */
  readonly also?: readonly string[];
  readonly stage?: keyof typeof FINISHED;
  /** Text that the violation has to hold, e.g. the field. */
  readonly says?: string;
}

/** All that a change of good objects breaks. */
export const brokenBy = ({ change, stage = "prod" }: Break) => {
  const set = new Finished(stage);
  change(set);
  return set.violations();
};

export const metadata = (name: string) => ({ name, namespace: "diabrisk" });
