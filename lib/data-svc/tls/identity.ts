import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { DATA_SVC, PATHS, SERVICE_TLS_SECRET, TLS_KEYS } from "../../contract";
import type { Presentable } from "../logging";

/** Proof of this service's identity: a private key, and the certificates by which callers trust it. */
export interface Identity {
  /** The certificate, and those between it and the authority, in PEM. */
  readonly certificate: string;
  /** In PEM. */
  readonly key: string;
  readonly serial: string;
  /** When callers cease to trust it: the earliest end of its certificates, the authority's included. */
  readonly expiresAt: Date;
}

/** State of the certificate that is served. */
export interface IdentityState {
  readonly expiresAt: Date;
  /** Reason why the mounted files are not served; undefined if they are. */
  readonly refusal: string | undefined;
}

/** Files that prove nothing to callers, with all their problems. */
export class IdentityError extends Error implements Presentable {
  override readonly name = "IdentityError";
  readonly presentable = true;

  constructor(readonly problems: readonly string[]) {
    super(problems.join(" "));
  }
}

/** Milliseconds by which clocks of nodes may differ. */
const CLOCKS_APART_MS = 30_000;

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Reads a folder with the keys of SERVICE_TLS_SECRET as files, and checks that callers can trust what they hold.
 * @param readFile throws an error with a `code`, as fs.readFileSync does
 * @throws IdentityError
 */
export function readIdentity(folder: string, readFile: (path: string) => string, now: Date): Identity {
  const problems: string[] = [];
  const read = <Content>(name: string, parse: (text: string) => Content): Content | undefined => {
    try {
      return parse(readFile(`${folder}/${name}`));
    } catch (error) {
      problems.push(unreadable(folder, name, error));
      return undefined;
    }
  };
  const chain = read(TLS_KEYS.certificate, certificatesIn);
  // The parser's message may quote the key.
  const key = read(TLS_KEYS.key, (text) => ({ text, parsed: createPrivateKey(text) }));
  const authorities = read(TLS_KEYS.authority, certificatesIn);
  const [own] = chain ?? [];
  if (own && chain) problems.push(...ownProblems(own, key?.parsed, now));
  const path = own && chain && authorities ? pathOf(own, chain, authorities) : undefined;
  if (own && authorities && !path) problems.push(UNRELATED);
  const expiresAt = new Date(Math.min(...(path ?? []).map(({ validTo }) => Date.parse(validTo))));
  if (path && expiresAt <= now) problems.push(expired(path, now));
  if (problems.length > 0 || !own || !chain || !key) throw new IdentityError(problems);
  const certificate = chain.map(String).join("");
  return { certificate, key: key.text, serial: own.serialNumber, expiresAt };
}

const REMEDY = `Mount the Secret ${SERVICE_TLS_SECRET} there, readable for this user, or set TLS_FOLDER.`;

function unreadable(folder: string, name: string, error: unknown): string {
  const { code = "", syscall } = error as NodeJS.ErrnoException;
  const isMissing = syscall !== undefined || /^E[A-Z]+$/.test(code);
  const what = name === TLS_KEYS.key ? "private key in PEM" : "certificate in PEM";
  return isMissing
    ? `"${folder}/${name}" cannot be read (${code}). ${REMEDY}`
    : `"${folder}/${name}" holds no ${what}. ${REMEDY}`;
}

/** @throws Error if there is none */
function certificatesIn(text: string): readonly X509Certificate[] {
  const found = (text.match(PEM) ?? []).map((pem) => new X509Certificate(pem));
  if (found.length === 0) throw new Error("There is no certificate.");
  return found;
}

const UNRELATED =
  `${TLS_KEYS.certificate} is not issued by an authority in ${TLS_KEYS.authority}, so callers, who have that alone, would trust ` +
  "it not. Have both made by one issuer.";

function ownProblems(own: X509Certificate, key: KeyObject | undefined, now: Date): string[] {
  const problems: string[] = [];
  if (key && !own.checkPrivateKey(key)) {
    problems.push(
      `${TLS_KEYS.key} is not the key of the certificate in ${TLS_KEYS.certificate}. Have both made together.`,
    );
  }
  if (!own.checkHost(DATA_SVC.name)) {
    problems.push(
      `The certificate in ${TLS_KEYS.certificate} lacks the name ${DATA_SVC.name}, by which callers ask. Have it issued for ` +
        `that name; ${PATHS.tls} has the database's.`,
    );
  }
  if (Date.parse(own.validFrom) > now.getTime() + CLOCKS_APART_MS) {
    problems.push(
      `The certificate in ${TLS_KEYS.certificate} is valid from ${own.validFrom} only. Compare the clocks of the node and of the issuer.`,
    );
  }
  return problems;
}

function expired(path: readonly X509Certificate[], now: Date): string {
  const ended = path.find(({ validTo }) => Date.parse(validTo) <= now.getTime());
  const which = ended === path[0] ? `certificate in ${TLS_KEYS.certificate}` : "certificate of its authority";
  return `The ${which} expired on ${ended?.validTo}, so no caller trusts it. Have it renewed.`;
}

/** The certificates from the service's own to its authority's; undefined if no way leads there. */
function pathOf(
  own: X509Certificate,
  chain: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
): readonly X509Certificate[] | undefined {
  const path = [own];
  for (let last = own; path.length <= chain.length; path.push(last)) {
    const from = last;
    const authority = authorities.find((one) => isIssued(from, one));
    if (authority) return [...path, authority];
    const next = chain.find((one) => !path.includes(one) && isIssued(from, one));
    if (!next) return undefined;
    last = next;
  }
  return undefined;
}

const isIssued = (one: X509Certificate, by: X509Certificate) => one.checkIssued(by) && one.verify(by.publicKey);
