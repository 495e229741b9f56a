import { type Static, Type } from "@sinclair/typebox";

/** The person's own request, for the audit entry. */
export const RequestContext = Type.Object(
  {
    ip_address: Type.Optional(
      Type.String({ format: "ip", description: "The person's IPv4 or IPv6 address. Default: the caller's." }),
    ),
    user_agent: Type.Optional(
      Type.String({
        maxLength: 512,
        pattern: "^[^\\u0000]*$",
        description: "The person's browser. Default: the caller's User-Agent.",
      }),
    ),
  },
  {
    title: "RequestContext",
    additionalProperties: false,
    description: "For the audit entry, as the caller knows it from the person's own request.",
  },
);

export type RequestContext = Static<typeof RequestContext>;
