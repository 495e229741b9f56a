import { type PreparedSchema, serve } from "./prepared-postgres";

interface Project {
  readonly globals: { readonly SCHEMA: PreparedSchema };
}

/** For the tests of a release before: a server with this checkout's schema. `scripts/release-before.ts` names it. */
export default (_: unknown, { globals }: Project) => serve(globals.SCHEMA);
