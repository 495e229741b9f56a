import { Type } from "@sinclair/typebox";

/** Name of the header that names the person for whom a service calls. */
export const ON_BEHALF_OF = "x-on-behalf-of";

/** Names of the headers that tell where that person is, as the caller knows it from their own request. */
export const BEHALF_ADDRESS = "x-on-behalf-of-address";
export const BEHALF_USER_AGENT = "x-on-behalf-of-user-agent";

/** Headers of every route with people's data. */
export const CallHeaders = Type.Object({
  [ON_BEHALF_OF]: Type.Optional(
    Type.String({
      format: "uuid",
      description: "Id of the user for whom the caller asks. Goes into the audit row, and never into the log.",
    }),
  ),
  [BEHALF_ADDRESS]: Type.Optional(
    Type.String({
      format: "ip",
      description: "That person's IPv4 or IPv6 address, for the audit row. Default: the caller's.",
    }),
  ),
  [BEHALF_USER_AGENT]: Type.Optional(
    Type.String({
      maxLength: 512,
      pattern: "^[ -~]*$",
      description: "That person's browser, for the audit row. Default: the caller's User-Agent.",
    }),
  ),
});

/** Requirement of every route with people's data, for the OpenAPI document. */
export const PROVEN_CALLER = [{ serviceAccount: [] }];
