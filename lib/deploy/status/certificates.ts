import { X509Certificate } from "node:crypto";
import { lengthOf } from "../../common/amounts";
import { SERVICE_TLS_SECRET, TLS_KEYS, TLS_SECRET } from "../../contract";
import type { Finding } from "../../status/document";
import { type Limits, stateBelow } from "../../status/wording";
import type { Kubectl } from "../kubectl";

const DAY = 86_400;
/** Seconds, as the alerts PostgresCertificateExpires and DataServiceCertificateExpires have them. */
const LEFT: Limits = { warning: 14 * DAY, failed: 3 * DAY };

const READ = [TLS_KEYS.certificate, TLS_KEYS.authority];
const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

const SECRETS = [TLS_SECRET, SERVICE_TLS_SECRET];

interface Found {
  readonly secret: string;
  readonly key: string;
  readonly expiresAt: Date;
}

/**
 * Judges when the first of the servers' certificates, or of their authorities', expires. Of the Secrets, it has kubectl print no
 * private key.
 */
export async function certificatesFinding(kubectl: Kubectl, now: Date): Promise<Finding> {
  const found = await Promise.all(SECRETS.map((secret) => certificatesOf(secret, kubectl)));
  const missing = SECRETS.filter((_, index) => found[index]?.length === 0);
  if (missing.length > 0)
    return {
      state: "failed",
      text: `There is no certificate in ${missing.map((name) => `secret/${name}`).join(" and ")}.`,
    };
  const [first] = found.flat().sort((one, other) => one.expiresAt.getTime() - other.expiresAt.getTime());
  return judge(first as Found, now);
}

async function certificatesOf(secret: string, kubectl: Kubectl): Promise<readonly Found[]> {
  const template = READ.map((key) => `{.data.${key.replace(".", "\\.")}}`).join(" ");
  const printed = await kubectl.run(["get", `secret/${secret}`, `--output=jsonpath=${template}`, "--ignore-not-found"]);
  return printed.split(" ").flatMap((encoded, index) => {
    const key = READ[index] ?? "";
    return certificatesIn(encoded).map((expiresAt) => ({ secret, key, expiresAt }));
  });
}

function judge({ secret, key, expiresAt }: Found, now: Date): Finding {
  const left = (expiresAt.getTime() - now.getTime()) / 1000;
  const when = expiresAt.toISOString().slice(0, 10);
  const expires =
    left < 0 ? `expired on ${when}, so no client connects any more` : `expires in ${lengthOf(left)}, on ${when}`;
  return {
    state: stateBelow(left, LEFT),
    text: `${key} of ${secret} ${expires}.`,
    values: { expiresAt: expiresAt.toISOString() },
  };
}

function certificatesIn(encoded: string): readonly Date[] {
  const chain = Buffer.from(encoded, "base64").toString("utf8").match(PEM) ?? [];
  return chain.map((pem) => new Date(new X509Certificate(pem).validTo));
}
