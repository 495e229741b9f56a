import type { TSchema } from "@sinclair/typebox";

/** An answer in JSON, and what it means. */
export const answer = <Body extends TSchema>(description: string, schema: Body) => ({
  description,
  content: { "application/json": { schema } },
});

/** The answer to a request that made something, whose path is in a header. */
export const createdAnswer = <Body extends TSchema>(description: string, schema: Body) => ({
  ...answer(description, schema),
  headers: { Location: { type: "string", description: "Path of what was made, to read it again." } },
});
