import { VERSION } from "../contract";

/** The part of a stage that a set of objects belongs to. */
export interface Part {
  /** Name of the controller and value of the `app` label, e.g. `"data-svc"`. Selectors use that label alone, and never change. */
  readonly app: string;
  /** What it is to the whole, e.g. `"database"`. */
  readonly component: string;
  /** Version of what runs. @default this release's */
  readonly version?: string;
  /** Name of the controller, where it is not `app`. @default app */
  readonly instance?: string;
}

/** Labels of an object of `part`: Kubernetes' recommended ones, and `app` for selectors and people. */
export function labelsOf({ app, component, version = VERSION, instance = app }: Part): Record<string, string> {
  return {
    app,
    "app.kubernetes.io/name": app,
    "app.kubernetes.io/instance": instance,
    "app.kubernetes.io/component": component,
    "app.kubernetes.io/part-of": "diabrisk",
    "app.kubernetes.io/version": version,
    "app.kubernetes.io/managed-by": "cdk8s",
  };
}

/** The only label that selectors use. */
export const selectorOf = ({ app }: Pick<Part, "app">) => ({ app });

/** Labels of what belongs to the whole stage. */
export const STAGE_LABELS = {
  "app.kubernetes.io/part-of": "diabrisk",
  "app.kubernetes.io/managed-by": "cdk8s",
};
