import type { IncomingMessage } from "node:http";
import { escapeControls } from "../../common/escape-controls";
import { BackupError, codeOf } from "../errors";
import { elementOf } from "./xml";

/** No byte came or went for too long. */
export class StallError extends Error {
  readonly code = "STALLED";

  constructor(milliseconds: number) {
    super(`nothing was sent or received for ${milliseconds / 1000} seconds`);
  }
}

/** An answer of S3 other than success. */
export class S3Failure extends BackupError {
  override readonly name = "S3Failure";

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Makes an error of an answer, with what to do where that is known. */
export function failureOf(
  answer: Pick<IncomingMessage, "statusCode" | "headers">,
  body: string,
  asked: string,
  store: string,
): S3Failure {
  const status = answer.statusCode ?? 0;
  const code = elementOf(body, "Code") ?? "";
  const said = elementOf(body, "Message") ?? "";
  const explanation = explain(status, code, answer.headers.date);
  const words = escapeControls([code, said].filter(Boolean).join(": "));
  return new S3Failure(
    status,
    code,
    `${store} refused to ${asked} with status ${status}${words ? ` (${words})` : ""}. ${explanation}`.trim(),
  );
}

const FULL =
  "The store is full, or the bucket's quota is used up. What was stored before is untouched. Enlarge it, or shorten the bucket's lifecycle.";
const KEYS = "Check both keys in the Secret of the store, and that they belong to this endpoint.";
const BY_CODE: Readonly<Record<string, string>> = {
  AccessDenied: "The keys are known, but may not do that. `backup bucket` prints the policy that the bucket needs.",
  InvalidAccessKeyId: `The store does not know this access key. ${KEYS}`,
  SignatureDoesNotMatch: `The secret key is not that of the access key, or a proxy changes requests on their way. ${KEYS}`,
  ExpiredToken: "The keys have expired. Get new ones.",
  NoSuchBucket: "There is no such bucket. Create it as `backup bucket` prints, or correct the target.",
  AuthorizationHeaderMalformed: "The bucket is in another region. Set --region or AWS_REGION.",
  PermanentRedirect: "The bucket is in another region. Use that region's endpoint, and set --region or AWS_REGION.",
  QuotaExceeded: FULL,
  XMinioStorageFull: FULL,
  NotImplemented:
    "The store lacks something that backups need: conditional writes (If-None-Match) or SHA-256 checksums. Use one that has both.",
  InvalidRequest: "",
};

function explain(status: number, code: string, date: string | undefined): string {
  if (code === "RequestTimeTooSkewed")
    return `The clock of this node differs from the store's by more than 15 minutes. The store's says ${date ?? "nothing"}. Set the clock (NTP).`;
  if (status === 507) return FULL;
  return BY_CODE[code] ?? BY_STATUS[status] ?? "";
}

const BY_STATUS: Readonly<Record<number, string>> = {
  301: BY_CODE.PermanentRedirect ?? "",
  403: BY_CODE.AccessDenied ?? "",
  404: "Check endpoint and bucket of the target.",
  501: BY_CODE.NotImplemented ?? "",
};

const RETRIED = new Set([408, 409, 425, 429, 500, 502, 503, 504]);
/** Damaged on the way, or too slow: the next try may do better. */
const RETRIED_CODES = new Set([
  "RequestTimeout",
  "BadDigest",
  "XAmzContentSHA256Mismatch",
  "IncompleteBody",
  "SlowDown",
]);

/** Whether another try may succeed. */
export function isPassing(error: unknown): boolean {
  if (error instanceof S3Failure) return RETRIED.has(error.status) || RETRIED_CODES.has(error.code);
  return PASSING.has(codeOf(error) ?? "");
}

const PASSING = new Set(
  "STALLED ECONNRESET ECONNREFUSED ECONNABORTED EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH ENETDOWN ENOTFOUND EAI_AGAIN HPE_INVALID_CONSTANT ERR_STREAM_PREMATURE_CLOSE".split(
    " ",
  ),
);

/** Explains why a request got no answer; returns any other error as it is. */
export function connectionError(error: unknown, asked: string, store: string): unknown {
  const code = codeOf(error);
  if (error instanceof BackupError || code === undefined) return error;
  const { message } = error as Error;
  return new BackupError(`${store} did not answer a request to ${asked}: ${message}. ${hint(code)}`.trim());
}

function hint(code: string): string {
  if (/CERT|SELF_SIGNED|UNABLE_TO|^ERR_TLS|^ERR_SSL|^EPROTO/.test(code))
    return `Its certificate is not trusted (${code}). Name the authority's file with NODE_EXTRA_CA_CERTS, or correct the endpoint.`;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN")
    return "Its name does not resolve. Check the endpoint, DNS, and the network policy.";
  if (code === "ECONNREFUSED" || code === "ETIMEDOUT" || code === "EHOSTUNREACH")
    return "Check the endpoint, that the store runs, and the network policy.";
  return "";
}
