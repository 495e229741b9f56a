import { createPrivateKey, randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";
// A dependency of the certificate library needs it.
import "reflect-metadata";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { type KeyPair, SERVER_DAYS, type ServerTls } from "./certificates";

// Loaded only to issue something: the library takes longer to load than all of synth.

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const SIGNING = { name: "ECDSA", hash: "SHA-256" };
const AUTHORITY_DAYS = 10 * 365;
/** Allowed difference between this machine's clock and a client's or server's. */
const CLOCKS_APART_MS = 10 * 60_000;

/** Issues an own authority, and a server certificate for these names. */
export async function issueTls(names: readonly string[], now: Date): Promise<ServerTls> {
  const authority = await issueAuthority(now);
  return { authority, server: await issueServer(authority, names, now) };
}

/** Issues an authority of its own. */
export async function issueAuthority(now: Date): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(CURVE, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...validity(now, AUTHORITY_DAYS),
    name: "CN=DiabRisk dev",
    keys,
    signingAlgorithm: SIGNING,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return pem(certificate, keys.privateKey);
}

/**
 * Issues a certificate with a new key for a server of these names, of which some may be IP addresses.
 * @throws Error if the authority's certificate or key is invalid
 */
export async function issueServer(authority: KeyPair, names: readonly string[], now: Date): Promise<KeyPair> {
  const issuer = new X509Certificate(authority.certificate);
  const keys = await webcrypto.subtle.generateKey(CURVE, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.create({
    ...validity(now, SERVER_DAYS),
    subject: `CN=${names[0]}`,
    issuer: issuer.subject,
    publicKey: keys.publicKey,
    signingKey: await signingKey(authority),
    signingAlgorithm: SIGNING,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(names.map((value) => ({ type: isIP(value) ? "ip" : "dns", value }))),
      await AuthorityKeyIdentifierExtension.create(issuer),
    ],
  });
  return pem(certificate, keys.privateKey);
}

function validity(now: Date, days: number) {
  const notAfter = new Date(now);
  notAfter.setUTCDate(notAfter.getUTCDate() + days);
  // A serial number must be positive, so its first bit is 0.
  const serialNumber = `01${randomBytes(15).toString("hex")}`;
  return { serialNumber, notBefore: new Date(now.getTime() - CLOCKS_APART_MS), notAfter };
}

function signingKey({ key }: KeyPair) {
  const pkcs8 = createPrivateKey(key).export({ type: "pkcs8", format: "der" });
  return webcrypto.subtle.importKey("pkcs8", pkcs8, CURVE, false, ["sign"]);
}

async function pem(certificate: X509Certificate, key: webcrypto.CryptoKey): Promise<KeyPair> {
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key));
  const text = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" }).export({ type: "pkcs8", format: "pem" });
  return { certificate: `${certificate.toString("pem")}\n`, key: String(text) };
}
