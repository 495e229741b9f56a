import { createHash } from "node:crypto";
import { performance } from "node:perf_hooks";
import { createLocalJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from "jose";
import { DATA_SVC } from "../../contract";
import type { Logger } from "../logging";
import type { Metrics } from "../metrics";
import { IssuerError, readIssuer } from "./issuer";

/** Seconds by which clocks of nodes may differ. Kubernetes renews a token minutes before it expires. */
const CLOCK_TOLERANCE = 30;
/** Kubernetes signs with one of these. A token cannot choose `none`, nor a public key as a shared secret. */
const ALGORITHMS = ["RS256", "ES256", "ES384", "ES512"];
/** Milliseconds between two readings of the keys, so that a withdrawn one is forgotten. */
const REFRESH_MS = 5 * 60_000;
/** Milliseconds between two readings that tokens of unknown keys ask for: anybody can make such tokens. */
const ASKED_REFRESH_MS = 10_000;
/** Age of the keys at which something is wrong: three readings have failed. */
const OLD_MS = 3 * REFRESH_MS + 30_000;

/** Tokens that are remembered. A cluster's callers have some dozen at a time: one a pod, renewed each hour. */
const MOST_PROVEN = 1000;

/** A token that proves nothing. The message says why, and quotes nothing of it. */
export class InvalidToken extends Error {
  override readonly name = "InvalidToken";
}

/** No keys are there yet. */
export class NoKeys extends Error {
  override readonly name = "NoKeys";
}

interface Known {
  readonly issuer: string;
  readonly keyOf: JWTVerifyGetKey;
  readonly readAt: number;
  /** Tokens that these keys have proven, by their digests. Each reading begins anew, so a withdrawn key's are forgotten. */
  readonly proven: Map<string, Proven>;
}

/** What a token proves, and until when. */
interface Proven {
  readonly subject: string;
  /** Its `exp`: seconds since 1970. */
  readonly expires: number;
}

/** The issuer's public keys, kept in memory. Tokens are verified with them without asking anybody. */
export class IssuerKeys {
  #known: Known | undefined;
  #reading: Promise<void> | undefined;
  #triedAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly url: string,
    private readonly log: Logger,
    private readonly metrics: Metrics,
  ) {}

  /** Milliseconds since the keys were read; undefined before that. */
  get age(): number | undefined {
    return this.#known && performance.now() - this.#known.readAt;
  }

  /** Whether several readings in a row have failed. */
  get isOld(): boolean {
    return (this.age ?? 0) > OLD_MS;
  }

  /** Reads the keys now and from then on. The old ones stay if a later reading fails. @throws IssuerError */
  async load(): Promise<void> {
    await this.#read();
    this.#timer ??= setInterval(() => void this.#tryRead(), REFRESH_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Returns the subject that a token was issued to. @throws InvalidToken, NoKeys */
  async subjectOf(token: string): Promise<string> {
    try {
      return await this.#verify(token);
    } catch (error) {
      if (error instanceof NoKeys) throw error;
      if (!mayBeNew(error) || !(await this.#refresh())) throw invalid(error);
    }
    return await this.#verify(token).catch((error: unknown) => {
      throw invalid(error);
    });
  }

  async #verify(token: string): Promise<string> {
    if (!this.#known) throw new NoKeys();
    const { issuer, keyOf, proven } = this.#known;
    // Not the token itself, which is as good as a password.
    const digest = createHash("sha256").update(token).digest("base64");
    const before = proven.get(digest);
    const currentDate = new Date(Date.now());
    if (before && before.expires > Math.floor(currentDate.getTime() / 1000) - CLOCK_TOLERANCE) return before.subject;
    const { payload } = await jwtVerify(token, keyOf, {
      ...{ issuer, audience: DATA_SVC.name, algorithms: ALGORITHMS },
      ...{ clockTolerance: CLOCK_TOLERANCE, requiredClaims: ["exp", "sub"], currentDate },
    });
    const { sub: subject = "", exp: expires = 0 } = payload;
    if (proven.size >= MOST_PROVEN) proven.clear();
    proven.set(digest, { subject, expires });
    return subject;
  }

  /** Reads the keys because of a token; false if they were read, or tried, a moment ago. */
  async #refresh(): Promise<boolean> {
    if (!this.#reading && performance.now() - this.#triedAt < ASKED_REFRESH_MS) return false;
    return await this.#tryRead();
  }

  async #tryRead(): Promise<boolean> {
    try {
      await this.#read();
      return true;
    } catch (error) {
      if (!(error instanceof IssuerError)) throw error;
      this.log.warn({ err: error }, "The keys of the callers' tokens could not be read again; the known ones stay");
      return false;
    }
  }

  /** Those who ask at the same time share one reading. */
  #read(): Promise<void> {
    this.#reading ??= this.#readNow().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readNow(): Promise<void> {
    this.#triedAt = performance.now();
    const { issuer, keys } = await readIssuer(this.url);
    this.#known = { issuer, keyOf: createLocalJWKSet(keys), readAt: performance.now(), proven: new Map() };
    this.metrics.issuerKeysRead(issuer, new Date());
  }
}

/** Whether newer keys, or a newer name of the issuer, may make a token valid. */
const mayBeNew = (error: unknown) =>
  error instanceof errors.JWKSNoMatchingKey ||
  (error instanceof errors.JWTClaimValidationFailed && error.claim === "iss");

const CLAIMS: Readonly<Record<string, string>> = {
  iss: "It was issued by somebody else than this cluster.",
  aud: `It was issued for another audience than ${DATA_SVC.name}.`,
  nbf: "It is not valid yet.",
};

/** @throws what is no fault of the token */
function invalid(error: unknown): InvalidToken {
  if (!(error instanceof errors.JOSEError)) throw error;
  return new InvalidToken(reasonOf(error));
}

function reasonOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return "It has expired.";
  if (error instanceof errors.JWTClaimValidationFailed)
    return CLAIMS[error.claim] ?? `Its claim ${error.claim} is missing or wrong.`;
  if (error instanceof errors.JWKSNoMatchingKey) return "No key of this cluster's issuer has signed it.";
  if (error instanceof errors.JWSSignatureVerificationFailed) return "Its signature is wrong.";
  if (error instanceof errors.JOSEAlgNotAllowed) return "Its algorithm is not one of Kubernetes'.";
  return "It is not a signed token.";
}
