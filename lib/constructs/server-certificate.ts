import type { Construct } from "constructs";
import {
  Certificate,
  CertificateSpecPrivateKeyAlgorithm,
  CertificateSpecPrivateKeyEncoding,
  CertificateSpecPrivateKeyRotationPolicy,
  CertificateSpecUsages,
} from "../../imports/cert-manager.io";
import { TLS_SECRET } from "../contract";
import type { IssuedCertificate } from "../stages/stage";
import { labelsOf, PARTS } from "./labels";

export interface ServerCertificateProps extends Omit<IssuedCertificate, "kind"> {
  /** Every name by which clients reach the server. */
  readonly names: readonly string[];
  /** Labels of the Secret besides the database's. @default none */
  readonly secretLabels?: Readonly<Record<string, string>>;
}

/** The database server's certificate. cert-manager keeps it in TLS_SECRET and renews it a month before it expires. */
export class ServerCertificate extends Certificate {
  constructor(scope: Construct, { issuer, issuerKind, names, secretLabels }: ServerCertificateProps) {
    const labels = labelsOf(PARTS.database);
    super(scope, TLS_SECRET, {
      metadata: { name: TLS_SECRET, labels },
      spec: {
        secretName: TLS_SECRET,
        secretTemplate: { labels: { ...labels, ...secretLabels } },
        issuerRef: { group: "cert-manager.io", kind: issuerKind, name: issuer },
        dnsNames: [...names],
        duration: "2160h",
        renewBefore: "720h",
        usages: [CertificateSpecUsages.DIGITAL_SIGNATURE, CertificateSpecUsages.SERVER_AUTH],
        privateKey: {
          algorithm: CertificateSpecPrivateKeyAlgorithm.ECDSA,
          size: 256,
          encoding: CertificateSpecPrivateKeyEncoding.PKCS8,
          rotationPolicy: CertificateSpecPrivateKeyRotationPolicy.ALWAYS,
        },
        revisionHistoryLimit: 3,
      },
    });
  }
}
