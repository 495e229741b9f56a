import type { FastifyReply } from "fastify";
import type { JsonText } from "../page-text";

/** Sends JSON that is written already. Its type stands for the value that the route's schema asks for. */
export const sendText = <Body>(reply: Pick<FastifyReply, "type">, text: JsonText<Body>): Body =>
  reply.type("application/json; charset=utf-8").send(text) as unknown as Body;
