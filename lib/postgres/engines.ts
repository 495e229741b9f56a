import { CLUSTER_IDENTITY, clusterNames, POSTGRES_IDENTITY, serverNames } from "./identity";

/** The program that runs PostgreSQL: our StatefulSet with one server, or the operator CloudNativePG with several. */
export type EngineName = "statefulset" | "cloudnative-pg";

/** Facts of a database that differ by its engine. */
interface EngineFacts {
  /** Facts that its volumes were made with. */
  readonly identity: { readonly [Fact in keyof typeof POSTGRES_IDENTITY]: string | number };
  /** Every name in the server's certificate. */
  readonly names: (namespace: string) => string[];
}

export const ENGINES = {
  statefulset: { identity: POSTGRES_IDENTITY, names: serverNames },
  "cloudnative-pg": { identity: CLUSTER_IDENTITY, names: clusterNames },
} as const satisfies Readonly<Record<EngineName, EngineFacts>>;
