import type { EngineName } from "../postgres/engines";
import type { StageName } from "./stage";

/** Values that cannot change in place once a stage is deployed. */
export interface Released {
  readonly engine: EngineName;
  readonly namespace: string;
  /** The least that a stage may ask for. A volume that `npm run deploy` has made larger is recorded here afterwards. */
  readonly storage: string;
  readonly storageClass?: string;
  /** The least that each instance's log may have. A CloudNativePG cluster alone has one. */
  readonly walStorage?: string;
  /** Name of the history in the archive. A CloudNativePG cluster alone has one. */
  readonly lineage?: string;
  readonly name: string;
  readonly app: string;
  readonly serviceName: string;
  readonly claim: string;
  readonly uid: number;
  readonly mountPath: string;
  readonly dataDirectory: string;
  readonly major: number;
  readonly libc: string;
}

const postgres = {
  engine: "statefulset",
  name: "postgres",
  app: "postgres",
  serviceName: "postgres-headless",
  claim: "data",
  uid: 10_070,
  mountPath: "/var/lib/postgresql/data",
  dataDirectory: "/var/lib/postgresql/data/pgdata",
  major: 16,
  libc: "musl",
} as const;

const cluster = {
  ...postgres,
  engine: "cloudnative-pg",
  serviceName: "postgres-rw",
  claim: "postgres",
  uid: 26,
  libc: "glibc",
} as const;

/**
 * The last release of each stage, as deployed. `check` refuses a stage that differs. To change it, first follow the
 * runbook "Changing what cannot be changed in place" in docs/operations.md on the cluster. Then commit it together with
 * the stage.
 */
export const RELEASED: Readonly<Record<StageName, Released>> = {
  dev: { ...postgres, namespace: "diabrisk", storage: "10Gi" },
  staging: { ...postgres, namespace: "diabrisk", storage: "20Gi" },
  prod: { ...postgres, namespace: "diabrisk", storage: "100Gi" },
  "prod-ha": { ...cluster, namespace: "diabrisk", storage: "100Gi", walStorage: "20Gi", lineage: "postgres-1" },
};
