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
  /** Labels of the Secret, and of the ExternalSecret if there is one. */
  readonly labels: { readonly [name: string]: string };
  /** Labels of the Secret besides, e.g. one by which an operator finds it. @default none */
  readonly secretLabels?: { readonly [name: string]: string };
  /** The Secret's type. Applies to generated values only; a fetched Secret is always "Opaque". @default "Opaque" */
  readonly type?: string;
  /** The Secret's values by key, or a reference to the store that holds them. */
  readonly values: { readonly [key: string]: string } | StoreReference;
}

/** Values that the External Secrets operator fetches. */
export interface StoreReference {
  readonly store: ExternalSecrets;
  /** Properties to fetch from the store's `<path>/<name>`, by the names that `template` uses. */
  readonly fetch: { readonly [name: string]: string };
  /** The Secret's keys, as Go templates over the fetched values, e.g. `"{{ .password }}"`. */
  readonly template: { readonly [key: string]: string };
}

/** One Secret. Generated values are in the manifest; stored ones are fetched in the cluster by an ExternalSecret. */
export class Credential extends Construct {
  constructor(scope: Construct, { name, labels, secretLabels = {}, values, type = "Opaque" }: CredentialProps) {
    super(scope, name);
    const secret = { name, labels: { ...labels, ...secretLabels } };
    if (isReference(values)) {
      new ExternalSecret(this, "external", { metadata: { name, labels }, spec: externalSpec(secret, values) });
    } else {
      new GeneratedSecret(this, "secret", { metadata: secret, type, data: base64(values) });
    }
  }
}

/** A Secret with a remark for password scanners on the line of each value. The scanner reads no annotation. */
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
      // Keeps the database's credentials while the store is unavailable.
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
