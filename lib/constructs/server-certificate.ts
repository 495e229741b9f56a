import type { Construct } from "constructs";
import {
  Certificate,
  CertificateSpecPrivateKeyAlgorithm,
  CertificateSpecPrivateKeyEncoding,
  CertificateSpecPrivateKeyRotationPolicy,
  CertificateSpecUsages,
} from "../../imports/cert-manager.io";
import { TLS_SECRET } from "../contract";
import { serverNames } from "../postgres/identity";
import type { IssuedCertificate } from "../stages/stage";
import { labelsOf, PARTS } from "./labels";

export interface ServerCertificateProps extends Omit<IssuedCertificate, "kind"> {
  /** Namespace of the database server. */
  readonly namespace: string;
}

/** The database server's certificate. cert-manager keeps it in TLS_SECRET and renews it a month before it expires. */
export class ServerCertificate extends Certificate {
  constructor(scope: Construct, { issuer, issuerKind, namespace }: ServerCertificateProps) {
    const labels = labelsOf(PARTS.database);
    super(scope, TLS_SECRET, {
      metadata: { name: TLS_SECRET, labels },
      spec: {
        secretName: TLS_SECRET,
        secretTemplate: { labels },
        issuerRef: { group: "cert-manager.io", kind: issuerKind, name: issuer },
        dnsNames: serverNames(namespace),
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
