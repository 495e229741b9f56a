import type { FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import { DATA_SVC, VERSION } from "../contract";

/** Part of a document: a schema, or anything that holds some. */
type Node = Readonly<Record<string, unknown>>;

interface Operation {
  readonly parameters?: readonly unknown[];
  readonly responses: Readonly<Record<string, { readonly headers?: object }>>;
}

type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

const REQUEST_ID = "X-Request-Id";
const REQUEST_ID_SCHEMA = { type: "string", examples: ["b0e1c7f2-request.1"] };

/** True of every route, so no route says it. */
const SHARED = {
  parameters: {
    RequestId: {
      name: REQUEST_ID,
      in: "header",
      required: false,
      description:
        "Follows a request through services. Kept if it has up to 100 letters, digits, `.`, `_` or `-`; any other is replaced, not refused.",
      schema: REQUEST_ID_SCHEMA,
    },
  },
  headers: {
    RequestId: {
      required: true,
      description: "The request's id, or a new one. It is in the log, and in the audit row of what the request stored.",
      schema: REQUEST_ID_SCHEMA,
    },
  },
};

/** Settings of the OpenAPI document. @param bodyLimit bytes that a body may have */
export const openapi = (bodyLimit: number): FastifyDynamicSwaggerOptions => ({
  openapi: {
    openapi: "3.1.0",
    info: {
      title: `DiabRisk ${DATA_SVC.name}`,
      version: VERSION,
      description: `The data service's internal API. Bodies may have ${bodyLimit} bytes.`,
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: `https://${DATA_SVC.name}:${DATA_SVC.port}` }],
    components: {
      securitySchemes: {
        serviceAccount: {
          ...({ type: "http", scheme: "bearer", bearerFormat: "JWT" } as const),
          description: `A token of the calling pod's ServiceAccount for the audience ${DATA_SVC.name}.`,
        },
      },
    },
  },
  transformObject: (given) => {
    if (!("openapiObject" in given)) throw new Error("The document is OpenAPI, not Swagger.");
    const document = given.openapiObject as Node;
    const schemas: Record<string, unknown> = {};
    const paths = named(document.paths, schemas) as Paths;
    const components = { ...(document.components as object), ...SHARED, schemas: sorted(schemas) };
    return { ...document, components, paths: withRequestId(paths) } as ReturnType<Transform>;
  },
});

type Transform = NonNullable<FastifyDynamicSwaggerOptions["transformObject"]>;

/**
 * Moves each schema with a title to `schemas`, where generated clients find it by its name.
 * @throws Error if two different schemas have one title
 */
function named(node: unknown, schemas: Record<string, unknown>): unknown {
  if (Array.isArray(node)) return node.map((item) => named(item, schemas));
  if (typeof node !== "object" || node === null) return node;
  const mapped = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, named(value, schemas)]));
  const { title } = mapped;
  if (typeof title !== "string") return mapped;
  const before = schemas[title];
  if (before !== undefined && JSON.stringify(before) !== JSON.stringify(mapped)) {
    throw new Error(`Two different schemas have the title ${title}. Give one of them another.`);
  }
  schemas[title] = mapped;
  return { $ref: `#/components/schemas/${title}` };
}

const sorted = (schemas: Node) => Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));

function withRequestId(paths: Paths): Paths {
  const header = { [REQUEST_ID]: { $ref: "#/components/headers/RequestId" } };
  return mapValues(paths, (operations) =>
    mapValues(operations, ({ parameters = [], responses, ...rest }) => ({
      ...rest,
      parameters: [...parameters, { $ref: "#/components/parameters/RequestId" }],
      responses: mapValues(responses, (response) => ({ ...response, headers: { ...header, ...response.headers } })),
    })),
  );
}

function mapValues<From, To>(record: Readonly<Record<string, From>>, change: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
