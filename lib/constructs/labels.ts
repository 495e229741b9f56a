import { ARCHIVE_DRILL, BACKUP, DATA_SVC, EXPORTER, RETENTION, VERSION } from "../contract";
import { POSTGRES_IDENTITY } from "../postgres/identity";

/** The part of a stage that a set of objects belongs to. */
export interface Part {
  /**
   * Name of the controller and value of the `app` label, e.g. `"data-svc"`. Selectors use only this label, so it never
   * changes.
   */
  readonly app: string;
  /** Its role in the whole, e.g. `"database"`. */
  readonly component: string;
  /** Version of the software that runs. @default this release's */
  readonly version?: string;
  /** Name of the controller if it differs from `app`. @default app */
  readonly instance?: string;
}

/** The parts that have pods. Objects that serve one part, such as a Secret or a policy, carry its labels too. */
export const PARTS = {
  database: { app: POSTGRES_IDENTITY.app, component: "database", version: String(POSTGRES_IDENTITY.major) },
  migration: { app: "migrate", component: "migration" },
  service: { app: DATA_SVC.name, component: "service" },
  backup: { app: BACKUP.name, component: "backup" },
  /** Brings passwords in line with their Secrets, where the server's own pod does not. */
  reloader: { app: `${POSTGRES_IDENTITY.app}-reloader`, component: "database" },
  drill: { app: BACKUP.drill, component: "backup" },
  archiveDrill: { app: ARCHIVE_DRILL.name, component: "backup" },
  /** The server that a drill recovers. Its label keeps every client away that looks for the database. */
  recovered: { app: "postgres-recovered", component: "backup", version: String(POSTGRES_IDENTITY.major) },
  retention: { app: RETENTION.name, component: "retention" },
  exporter: { app: EXPORTER.name, component: "monitoring" },
} satisfies Record<string, Part>;

/** Labels of an object of `part`: Kubernetes' recommended ones, and `app` for selectors and people. */
export const labelsOf = (part: Part) => ({ app: part.app, ...recommended(part) });

/** Recommended labels for objects that serve the whole stage. They have no `app`, since that would mean pods. */
export const stageLabels = (component: string) => recommended({ app: WHOLE, component });

const WHOLE = "diabrisk";

function recommended({ app, component, version = VERSION, instance = app }: Part): Record<string, string> {
  return {
    "app.kubernetes.io/name": app,
    "app.kubernetes.io/instance": instance,
    "app.kubernetes.io/component": component,
    "app.kubernetes.io/part-of": WHOLE,
    "app.kubernetes.io/version": version,
    "app.kubernetes.io/managed-by": "cdk8s",
  };
}

/** The only label that selectors use. */
export const selectorOf = ({ app }: Pick<Part, "app">) => ({ app });
