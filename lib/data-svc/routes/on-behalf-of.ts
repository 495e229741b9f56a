import { Type } from "@sinclair/typebox";

/** Name of the header that names the person for whom a service calls. */
export const ON_BEHALF_OF = "x-on-behalf-of";

/** Headers of every route with people's data. */
export const CallHeaders = Type.Object({
  [ON_BEHALF_OF]: Type.Optional(
    Type.String({
      format: "uuid",
      description: "Id of the user for whom the caller asks. Goes into the audit row, and never into the log.",
    }),
  ),
});

/** Requirement of every route with people's data, for the OpenAPI document. */
export const PROVEN_CALLER = [{ serviceAccount: [] }];
