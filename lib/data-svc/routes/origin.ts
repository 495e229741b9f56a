import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";
import type { RequestContext } from "../api/request-context";
import type { Origin } from "../audit";
import { refusedField } from "../problems";
import { BEHALF_ADDRESS, BEHALF_USER_AGENT, ON_BEHALF_OF } from "./on-behalf-of";

/** Longest name of a browser that is kept, in characters; a longer one is cut. */
const USER_AGENT_LENGTH = 512;

/** The person's own request as the body describes it, else as the headers do, else that of the caller. @throws Problem */
export function origin(request: FastifyRequest, context: RequestContext = {}): Origin {
  const { caller, id: requestId, headers, ip } = request;
  const [person, address, browser] = [ON_BEHALF_OF, BEHALF_ADDRESS, BEHALF_USER_AGENT].map((name) =>
    once(request, name),
  );
  if (caller === undefined) throw new Error("An audit entry is written for a request of nobody.");
  return {
    caller,
    requestId,
    actor: person !== undefined ? { id: person, pointer: `/${ON_BEHALF_OF}` } : undefined,
    ipAddress: context.ip_address ?? address ?? peerAddress(ip),
    userAgent: context.user_agent ?? browser ?? headers["user-agent"]?.slice(0, USER_AGENT_LENGTH),
  };
}

/** The value of a header that may come once. Node.js joins several into one, which a browser's name could be. @throws Problem */
function once({ raw }: FastifyRequest, name: string): string | undefined {
  const [value, ...others] = raw.headersDistinct[name] ?? [];
  if (others.length > 0) throw refusedField(`/${name}`, "comes more than once");
  return value;
}

/** Removes the zone, and the IPv4-in-IPv6 form of a dual-stack socket. */
function peerAddress(address: string): string | undefined {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, "").replace(/%.*$/, "");
  return isIP(plain) ? plain : undefined;
}
