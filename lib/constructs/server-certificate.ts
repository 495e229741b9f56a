import type { Construct } from "constructs";
import {
  Certificate,
  CertificateSpecPrivateKeyAlgorithm,
  CertificateSpecPrivateKeyEncoding,
  CertificateSpecPrivateKeyRotationPolicy,
  CertificateSpecUsages,
} from "../../imports/cert-manager.io";
import type { IssuedCertificate } from "../stages/stage";
import { labelsOf, type Part } from "./labels";

export interface ServerCertificateProps extends Omit<IssuedCertificate, "kind"> {
  /** Name of the Certificate and of its Secret. */
  readonly secret: string;
  /** The part whose server it proves. */
  readonly part: Part;
  /** Every name by which clients reach the server. */
  readonly names: readonly string[];
  /** Labels of the Secret besides the part's. @default none */
  readonly secretLabels?: Readonly<Record<string, string>>;
}

/** A server's certificate. cert-manager keeps it in a Secret and renews it a month before it expires. */
export class ServerCertificate extends Certificate {
  constructor(scope: Construct, { issuer, issuerKind, secret, part, names, secretLabels }: ServerCertificateProps) {
    const labels = labelsOf(part);
    super(scope, secret, {
      metadata: { name: secret, labels },
      spec: {
        secretName: secret,
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
