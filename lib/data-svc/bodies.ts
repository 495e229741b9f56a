import { isUtf8 } from "node:buffer";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Problem } from "./problems";

/** Reads JSON, which is UTF-8 (RFC 8259). Any other encoding would store other characters than were sent. */
export function readBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeContentTypeParser("application/json");
  app.addContentTypeParser<Buffer>("application/json", { parseAs: "buffer" }, (request, body, done) => {
    const problem = refuse(request, body);
    if (problem) done(problem);
    else parse(request, body.toString(), done);
  });
}

function refuse({ headers }: FastifyRequest, body: Buffer): Problem | undefined {
  const encoding = headers["content-encoding"] ?? "identity";
  const charset = /;\s*charset="?([^\s;"]+)/i.exec(headers["content-type"] ?? "")?.[1] ?? "utf-8";
  if (encoding !== "identity") return new Problem("unsupported-media-type", "Send the body without Content-Encoding.");
  if (!/^(?:utf-?8|us-ascii)$/i.test(charset)) return new Problem("unsupported-media-type", "Send the body as UTF-8.");
  return isUtf8(body) ? undefined : new Problem("malformed-json", "The body is not UTF-8.");
}
