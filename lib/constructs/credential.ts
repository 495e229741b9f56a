import { Construct } from "constructs";
import {
  ExternalSecret,
  ExternalSecretSpecSecretStoreRefKind,
  ExternalSecretSpecTargetCreationPolicy,
  ExternalSecretSpecTargetDeletionPolicy,
  ExternalSecretSpecTargetTemplateEngineVersion,
} from "../../imports/external-secrets.io";
import { KubeSecret } from "../../imports/k8s";
import type { ExternalSecrets } from "../stages/stage";
import { remarked } from "../synth/yaml";

export interface CredentialProps {
  /** Name of the Secret, e.g. `"postgres-secret"`. */
  readonly name: string;
  /** Of the Secret, and of what has it made. */
  readonly labels: { readonly [name: string]: string };
  /** What Kubernetes takes it for, where the stage has the values. @default "Opaque" */
  readonly type?: string;
  /** Keys whose values the stage or its store has. */
  readonly values: { readonly [key: string]: string } | StoreReference;
}

/** Values that the External Secrets operator fetches. */
export interface StoreReference {
  readonly store: ExternalSecrets;
  /** Property of the store's `<path>/<name>` to fetch, by the name that it has in `template`. */
  readonly fetch: { readonly [name: string]: string };
  /** The Secret's keys, as Go templates over what was fetched, e.g. `"{{ .password }}"`. */
  readonly template: { readonly [key: string]: string };
}

/** One Secret: its values where the stage makes them up, otherwise an ExternalSecret that has it made in the cluster. */
export class Credential extends Construct {
  constructor(scope: Construct, { name, labels, values, type = "Opaque" }: CredentialProps) {
    super(scope, name);
    const metadata = { name, labels };
    if (isReference(values)) {
      new ExternalSecret(this, "external", { metadata, spec: externalSpec(metadata, values) });
    } else {
      new GeneratedSecret(this, "secret", { metadata, type, data: base64(values) });
    }
  }
}

/** A Secret that tells a scanner for passwords, on the line of each value, why it is there. An annotation it does not read. */
class GeneratedSecret extends KubeSecret {
  override toJson(): ReturnType<KubeSecret["toJson"]> {
    const manifest = super.toJson();
    return { ...manifest, data: remarked(manifest.data, SCANNER_REMARK) };
  }
}

const SCANNER_REMARK = "checkov:skip=CKV_SECRET_6:made up by synth for one cluster and never committed";

const isReference = (values: CredentialProps["values"]): values is StoreReference =>
  typeof (values as StoreReference).store === "object";

const base64 = (values: { readonly [key: string]: string }) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString("base64")]));

function externalSpec(
  { name, labels }: Pick<CredentialProps, "name" | "labels">,
  { store, fetch, template }: StoreReference,
) {
  return {
    refreshInterval: store.refreshInterval,
    secretStoreRef: { kind: ExternalSecretSpecSecretStoreRefKind.CLUSTER_SECRET_STORE, name: store.store },
    target: {
      name,
      creationPolicy: ExternalSecretSpecTargetCreationPolicy.OWNER,
      // A store that is away for an hour must not take the database's credentials with it.
      deletionPolicy: ExternalSecretSpecTargetDeletionPolicy.RETAIN,
      template: {
        engineVersion: ExternalSecretSpecTargetTemplateEngineVersion.V2,
        type: "Opaque",
        metadata: { labels },
        data: { ...template },
      },
    },
    data: Object.entries(fetch).map(([secretKey, property]) => ({
      secretKey,
      remoteRef: { key: `${store.path}/${name}`, property },
    })),
  };
}
