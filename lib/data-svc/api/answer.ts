import type { TSchema } from "@sinclair/typebox";

/** An answer in JSON, and what it means. */
export const answer = <Body extends TSchema>(description: string, schema: Body) => ({
  description,
  content: { "application/json": { schema } },
});
