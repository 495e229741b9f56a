import { createPrivateKey, X509Certificate } from "node:crypto";

/** A certificate with its private key, both in PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** What lets a server prove that it is the one that its clients mean. */
export interface ServerTls {
  /** Issues the server's certificate, and nothing else. Clients have its certificate alone. */
  readonly authority: KeyPair;
  readonly server: KeyPair;
}

/** Days before its end from which on a certificate is replaced. */
const RENEW_DAYS = 30;

/** Days that a server's certificate is good for; its authority's must outlast it. */
export const SERVER_DAYS = 365;

const DAY_MS = 86_400_000;

/**
 * What has to be made anew for a server of these names: both where the authority ends too soon, the server's alone where that
 * ends soon, lacks a name or is another authority's. Undefined while both are good. @throws Error for what is no certificate, or has another one's key
 */
export function staleTls(
  { authority, server }: ServerTls,
  names: readonly string[],
  now: Date,
): keyof ServerTls | undefined {
  const [issuer, issued] = [certificateOf(authority), certificateOf(server)];
  if (daysLeft(issuer, now) < SERVER_DAYS + RENEW_DAYS) return "authority";
  const good = daysLeft(issued, now) >= RENEW_DAYS && issued.checkIssued(issuer);
  return good && names.every((name) => issued.checkHost(name)) ? undefined : "server";
}

function certificateOf({ certificate, key }: KeyPair): X509Certificate {
  const parsed = new X509Certificate(certificate);
  if (parsed.checkPrivateKey(createPrivateKey(key))) return parsed;
  throw new Error("a key is another certificate's");
}

/** Days until a certificate ends, of which it may have begun one. */
const daysLeft = ({ validTo }: Pick<X509Certificate, "validTo">, now: Date) =>
  (Date.parse(validTo) - now.getTime()) / DAY_MS;
