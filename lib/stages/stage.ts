import type { AppConfig } from "../contract";

/** Amounts of what a container uses, as Kubernetes quantities. */
export interface Amounts {
  /** Cores, e.g. `"500m"` for half of one. */
  readonly cpu: string;
  /** Bytes, e.g. `"256Mi"`. Over its limit a container is killed. */
  readonly memory: string;
  /** Bytes of logs and scratch files, e.g. `"100Mi"`. Over its limit a pod is evicted. */
  readonly ephemeralStorage: string;
}

export interface Resources {
  /** What the scheduler keeps free for the container. */
  readonly requests: Amounts;
  /** What the container cannot exceed. */
  readonly limits: Amounts;
}

export interface Image {
  /** What to run, e.g. `"postgres:16-alpine"`; outside dev with tag and digest, `"postgres:16.14-alpine@sha256:…"`. */
  readonly reference: string;
  /** `IfNotPresent` only where images are loaded into the cluster's nodes instead of pulled. */
  readonly pullPolicy: "Always" | "IfNotPresent";
}

export interface DatabaseStage {
  readonly image: Image;
  /** Memory request and limit must be equal. PostgreSQL's settings are computed from the limits. */
  readonly resources: Resources;
  /** Of the container beside the server that brings passwords and certificate in line with their Secrets. */
  readonly reloader: Resources;
  /** Size of the data volume, e.g. `"10Gi"`. Kubernetes never shrinks it; docs/operations.md says how it grows. */
  readonly storage: string;
  /** StorageClass of the data volume. @default the cluster's default class */
  readonly storageClass?: string;
  /** What becomes of the volume when the StatefulSet is deleted. */
  readonly whenDeleted: "Retain" | "Delete";
  /** Seconds PostgreSQL may take to stop before it is killed, and so to recover at its next start. */
  readonly stopGraceSeconds: number;
}

export interface MigrationStage {
  readonly resources: Resources;
  /** Whether 000007_seed_data brings the two test users, or the model alone. */
  readonly testUsers: boolean;
  /** Seconds after which Kubernetes gives a migration up, all tries together. */
  readonly deadlineSeconds: number;
  /** Tries after the first one that failed for a reason that may pass. */
  readonly retries: number;
  /** Seconds that a finished Job stays. Applying the same release later makes it again, and it then has nothing to do. */
  readonly keepFinishedSeconds: number;
}

export interface ServiceStage {
  readonly image: Image;
  readonly resources: Resources;
  /** Pods of data-svc. */
  readonly replicas: number;
  /** Pods that a drain must leave running; fewer than `replicas`. Left out, nothing keeps a drain from taking them all. */
  readonly minAvailable?: number;
  /** Database connections of one pod at most. Times the pods of a rolling update they must fit into the database's. */
  readonly poolSize: number;
  /** Seconds a stopping pod goes on serving, while the cluster takes it out of its load balancing. */
  readonly drainSeconds: number;
  /** Seconds a pod may take to stop before it is killed, `drainSeconds` included. */
  readonly stopGraceSeconds: number;
}

/** Synth makes the values up and keeps them in a git-ignored file; they are in the manifests. For one person's cluster. */
interface GeneratedSecrets {
  readonly kind: "generated";
}

/** The External Secrets operator copies the values from a store; the manifests hold references alone. */
export interface ExternalSecrets {
  readonly kind: "external";
  /** Name of the cluster's ClusterSecretStore. */
  readonly store: string;
  /** Where the store keeps them: `<path>/<Secret's name>`, a property for each value. */
  readonly path: string;
  /** How often the operator looks for a new value, as a Go duration, e.g. `"1h"`. */
  readonly refreshInterval: string;
}

/** Synth makes an authority and a certificate, and keeps them with the generated Secrets. For one person's cluster. */
interface GeneratedCertificate {
  readonly kind: "generated";
}

/** cert-manager issues the database server's certificate and renews it. */
export interface IssuedCertificate {
  readonly kind: "cert-manager";
  /** Name of the issuer. It must know its own authority: clients verify the server with the `ca.crt` that it gives. */
  readonly issuer: string;
  /** `Issuer` if it is in the stage's namespace. */
  readonly issuerKind: "ClusterIssuer" | "Issuer";
}

/** Limits on a whole namespace, which the other DiabRisk services share. */
export interface NamespaceStage {
  /** Sums over every pod that has not ended. */
  readonly quota: { readonly requests: Amounts; readonly limits: Amounts; readonly pods: number };
  /** The most and the least that one container may ask for. */
  readonly container: { readonly min: Amounts; readonly max: Amounts };
}

export interface NetworkStage {
  /** Namespace whose pods collect metrics from data-svc. */
  readonly monitoringNamespace: string;
  /** Values of the `app` label of the pods that may call data-svc. */
  readonly callers: readonly string[];
}

/** Everything that makes one stage different from another. Data only: `check` says what makes sense together. */
export interface Stage {
  readonly name: "dev" | "staging" | "prod";
  readonly namespace: string;
  readonly limits: NamespaceStage;
  readonly secrets: GeneratedSecrets | ExternalSecrets;
  /** Where the database server's certificate comes from. */
  readonly certificate: GeneratedCertificate | IssuedCertificate;
  /** What `app-config` says to every DiabRisk service. */
  readonly config: AppConfig;
  readonly network: NetworkStage;
  readonly database: DatabaseStage;
  readonly migration: MigrationStage;
  readonly service: ServiceStage;
}

export type StageName = Stage["name"];

/** Label of a Namespace with the name of its stage. */
export const STAGE_LABEL = "diabrisk.io/stage";
