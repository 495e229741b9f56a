import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";
import type { RequestContext } from "../api/request-context";
import type { Origin } from "../audit";
import { Problem } from "../problems";
import { ON_BEHALF_OF } from "./on-behalf-of";

/** Longest name of a browser that is kept, in characters; a longer one is cut. */
const USER_AGENT_LENGTH = 512;

/** The person's own request as its body describes it, else that of the caller. @throws Problem if it names two persons */
export function origin(request: FastifyRequest, context: RequestContext = {}): Origin {
  const { caller, id: requestId, headers, ip } = request;
  if (caller === undefined) throw new Error("An audit entry is written for a request of nobody.");
  return {
    caller,
    requestId,
    actor: actorOf(headers[ON_BEHALF_OF], context.actor_user_id),
    ipAddress: context.ip_address ?? peerAddress(ip),
    userAgent: context.user_agent ?? headers["user-agent"]?.slice(0, USER_AGENT_LENGTH),
  };
}

function actorOf(header: unknown, inBody: string | undefined): Origin["actor"] {
  const onBehalfOf = typeof header === "string" ? header : undefined;
  if (inBody && onBehalfOf && inBody.toLowerCase() !== onBehalfOf.toLowerCase()) throw twoActors();
  if (onBehalfOf) return { id: onBehalfOf, pointer: `/${ON_BEHALF_OF}` };
  return inBody === undefined ? undefined : { id: inBody, pointer: "/request_context/actor_user_id" };
}

const twoActors = () =>
  new Problem("invalid-request", `The body and the header ${ON_BEHALF_OF} name two persons. Send one of them.`, {
    errors: [{ pointer: "/request_context/actor_user_id", message: `differs from ${ON_BEHALF_OF}` }],
  });

/** Removes the zone, and the IPv4-in-IPv6 form of a dual-stack socket. */
function peerAddress(address: string): string | undefined {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, "").replace(/%.*$/, "");
  return isIP(plain) ? plain : undefined;
}
