import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from "fastify";
import type { Caller } from "../../contract";
import type { IssuerKeys } from "../callers/keys";
import type { Database } from "../database";
import type { Logger } from "../logging";
import type { Metrics } from "../metrics";
import type { Readiness } from "../readiness";
import type { Schema } from "../schema";
import type { ServedIdentity } from "../tls/served-identity";

/** Parts that the routes use. */
export interface Parts {
  readonly database: Database;
  readonly schema: Schema;
  readonly readiness: Readiness;
  readonly metrics: Metrics;
  /** Keys by which callers prove who they are. */
  readonly keys: IssuerKeys;
  readonly callers: readonly Caller[];
  /** The certificate that callers are shown. */
  readonly identity: ServedIdentity;
  readonly log: Logger;
  /** Logs, and tells whether the log's reader has taken it. */
  readonly takes: (log: () => void) => Promise<boolean>;
}

export type Server = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;
