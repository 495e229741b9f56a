import { X509Certificate } from "node:crypto";
import { lengthOf } from "../../common/amounts";
import { TLS_KEYS, TLS_SECRET } from "../../contract";
import type { Finding } from "../../status/document";
import { type Limits, stateBelow } from "../../status/wording";
import type { Kubectl } from "../kubectl";

const DAY = 86_400;
/** Seconds, as the alert PostgresCertificateExpires has them. */
const LEFT: Limits = { warning: 14 * DAY, failed: 3 * DAY };

const READ = [TLS_KEYS.certificate, TLS_KEYS.authority];
const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Judges when the server's certificate or its authority's expires. Of the Secret, it has kubectl print no private key. */
export async function certificatesFinding(kubectl: Kubectl, now: Date): Promise<Finding> {
  const template = READ.map((key) => `{.data.${key.replace(".", "\\.")}}`).join(" ");
  const printed = await kubectl.run([
    "get",
    `secret/${TLS_SECRET}`,
    `--output=jsonpath=${template}`,
    "--ignore-not-found",
  ]);
  const certificates = printed.split(" ").flatMap((encoded, index) => certificatesIn(encoded, READ[index] ?? ""));
  const [first] = certificates.sort((one, other) => one.expiresAt.getTime() - other.expiresAt.getTime());
  if (!first) return { state: "failed", text: `There is no certificate in secret/${TLS_SECRET}.` };
  const { key, expiresAt } = first;
  const left = (expiresAt.getTime() - now.getTime()) / 1000;
  const when = expiresAt.toISOString().slice(0, 10);
  const expires =
    left < 0 ? `expired on ${when}, so no client connects any more` : `expires in ${lengthOf(left)}, on ${when}`;
  return {
    state: stateBelow(left, LEFT),
    text: `${key} of ${TLS_SECRET} ${expires}.`,
    values: { expiresAt: expiresAt.toISOString() },
  };
}

function certificatesIn(encoded: string, key: string): { readonly key: string; readonly expiresAt: Date }[] {
  const chain = Buffer.from(encoded, "base64").toString("utf8").match(PEM) ?? [];
  return chain.map((pem) => ({ key, expiresAt: new Date(new X509Certificate(pem).validTo) }));
}
