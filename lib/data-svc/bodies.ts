import { isUtf8 } from "node:buffer";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Problem, refusedField } from "./problems";

/** Levels of objects and lists in a body. The program that writes JSON, and the database, give up at some thousands. */
const MOST_LEVELS = 64;

/** Reads JSON, which is UTF-8 (RFC 8259). Any other encoding would store other characters than were sent. */
export function readBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeContentTypeParser("application/json");
  app.addContentTypeParser<Buffer>("application/json", { parseAs: "buffer" }, (request, body, done) => {
    const problem = refuse(request, body);
    if (problem) return done(problem);
    parse(request, body.toString(), (error, value) => done(error ?? refuseDepth(value), value));
  });
}

function refuseDepth(body: unknown): Problem | null {
  const pointer = findDeeper(body, MOST_LEVELS);
  return pointer === undefined ? null : refusedField(pointer, `is nested more than ${MOST_LEVELS} levels deep`);
}

/** A JSON pointer (RFC 6901) to the first object or list below so many levels. */
function findDeeper(value: unknown, levels: number): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (levels === 0) return "";
  for (const [name, member] of Object.entries(value)) {
    const found = findDeeper(member, levels - 1);
    if (found !== undefined) return `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}${found}`;
  }
  return undefined;
}

function refuse({ headers }: FastifyRequest, body: Buffer): Problem | undefined {
  const encoding = headers["content-encoding"] ?? "identity";
  const charset = /;\s*charset="?([^\s;"]+)/i.exec(headers["content-type"] ?? "")?.[1] ?? "utf-8";
  if (encoding !== "identity") return new Problem("unsupported-media-type", "Send the body without Content-Encoding.");
  if (!/^(?:utf-?8|us-ascii)$/i.test(charset)) return new Problem("unsupported-media-type", "Send the body as UTF-8.");
  return isUtf8(body) ? undefined : new Problem("malformed-json", "The body is not UTF-8.");
}
