import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";
import type { RequestContext } from "../api/request-context";
import type { Origin } from "../audit";
import { ON_BEHALF_OF } from "./on-behalf-of";

/** Longest name of a browser that is kept, in characters; a longer one is cut. */
const USER_AGENT_LENGTH = 512;

/** The person's own request as its body describes it, else that of the caller. */
export function origin(request: FastifyRequest, context: RequestContext = {}): Origin {
  const { caller, id: requestId, headers, ip } = request;
  const person = headers[ON_BEHALF_OF];
  if (caller === undefined) throw new Error("An audit entry is written for a request of nobody.");
  return {
    caller,
    requestId,
    actor: typeof person === "string" ? { id: person, pointer: `/${ON_BEHALF_OF}` } : undefined,
    ipAddress: context.ip_address ?? peerAddress(ip),
    userAgent: context.user_agent ?? headers["user-agent"]?.slice(0, USER_AGENT_LENGTH),
  };
}

/** Removes the zone, and the IPv4-in-IPv6 form of a dual-stack socket. */
function peerAddress(address: string): string | undefined {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, "").replace(/%.*$/, "");
  return isIP(plain) ? plain : undefined;
}
