import { createPrivateKey, X509Certificate } from "node:crypto";

/** A certificate with its private key, both in PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** A server's proof of its identity. */
export interface ServerTls {
  /** Issues only the server's certificate. Clients have its certificate, not its key. */
  readonly authority: KeyPair;
  readonly server: KeyPair;
}

/** Days before its end when a certificate is replaced. */
const RENEW_DAYS = 30;

/** Lifetime of a server's certificate in days; its authority must outlast it. */
export const SERVER_DAYS = 365;

const DAY_MS = 86_400_000;

/**
 * Tells which part to renew for a server of these names: both if the authority ends soon; the server's alone if that
 * ends soon, lacks a name or has another issuer. Undefined while both are good.
 * @throws Error for an invalid certificate, or one with another key
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

/** Whole days until a certificate ends, rounded up. */
const daysLeft = ({ validTo }: Pick<X509Certificate, "validTo">, now: Date) =>
  (Date.parse(validTo) - now.getTime()) / DAY_MS;
