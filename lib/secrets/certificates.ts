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

/** Proofs of a stage's servers, by one authority. Each has its own key and names, so none can pass for the other. */
export interface StageTls extends ServerTls {
  /** data-svc's. */
  readonly service: KeyPair;
}

/** Names that a stage's certificates have. */
export interface TlsNames {
  readonly server: readonly string[];
  readonly service: readonly string[];
}

/** Days before its end when a certificate is replaced. */
const RENEW_DAYS = 30;

/** Lifetime of a server's certificate in days; its authority must outlast it. */
export const SERVER_DAYS = 365;

const DAY_MS = 86_400_000;

/** Keys and certificates as an older release may have stored them. */
export type PartialTls = ServerTls & Partial<StageTls>;

const SERVERS = ["server", "service"] as const;
export const ALL_TLS: readonly (keyof StageTls)[] = ["authority", ...SERVERS];

/**
 * Tells which parts to renew for servers of these names: all if the authority ends soon; else each certificate that is missing, ends
 * soon, lacks a name or has another issuer.
 * @throws Error for an invalid certificate, or one with another key
 */
export function staleTls(tls: PartialTls, names: TlsNames, now: Date): readonly (keyof StageTls)[] {
  const issuer = certificateOf(tls.authority);
  if (daysLeft(issuer, now) < SERVER_DAYS + RENEW_DAYS) return ALL_TLS;
  return SERVERS.filter((which) => {
    const pair = tls[which];
    const issued = pair && certificateOf(pair);
    const good = issued && daysLeft(issued, now) >= RENEW_DAYS && issued.checkIssued(issuer);
    return !good || !names[which].every((name) => issued.checkHost(name));
  });
}

function certificateOf({ certificate, key }: KeyPair): X509Certificate {
  const parsed = new X509Certificate(certificate);
  if (parsed.checkPrivateKey(createPrivateKey(key))) return parsed;
  throw new Error("a key is another certificate's");
}

/** Whole days until a certificate ends, rounded up. */
const daysLeft = ({ validTo }: Pick<X509Certificate, "validTo">, now: Date) =>
  (Date.parse(validTo) - now.getTime()) / DAY_MS;
