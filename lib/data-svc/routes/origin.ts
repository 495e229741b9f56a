import { isIP } from "node:net";
import type { Static } from "@sinclair/typebox";
import type { FastifyRequest } from "fastify";
import type { ActorQuery, RequestContext } from "../api/request-context";
import type { Origin } from "../audit";

declare module "fastify" {
  interface FastifyRequest {
    /** The calling service, once it has proved who it is. */
    readonly caller?: string;
  }
}

/** Longest name of a browser that is kept, in characters; a longer one is cut. */
const USER_AGENT_LENGTH = 512;

/** The person's own request as its body describes it, else the caller's. */
export function origin(request: FastifyRequest, context: RequestContext = {}): Origin {
  const { actor_user_id: id, ip_address, user_agent } = context;
  return {
    ...requester(request),
    actor: id === undefined ? undefined : { id, pointer: "/request_context/actor_user_id" },
    ipAddress: ip_address ?? peerAddress(request.ip),
    userAgent: user_agent ?? request.headers["user-agent"]?.slice(0, USER_AGENT_LENGTH),
  };
}

/** The caller's own request, with the person that its query names. */
export function originOfQuery(request: FastifyRequest, { actor_user_id: id }: Static<typeof ActorQuery>): Origin {
  const actor = id === undefined ? undefined : { id, pointer: "/actor_user_id" };
  return { ...origin(request), actor };
}

const requester = ({ caller, id }: FastifyRequest) => ({ caller: caller ?? "unauthenticated", requestId: id });

/** Removes the zone, and the IPv4-in-IPv6 form of a dual-stack socket. */
function peerAddress(address: string): string | undefined {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, "").replace(/%.*$/, "");
  return isIP(plain) ? plain : undefined;
}
