/**
 * What staging and prod run: tag and digest, so that what was tested is what starts. `npm run pin -- <reference>` rewrites
 * a line here; the release job calls it with what its push printed, and commits the result.
 */
export const RELEASED_IMAGES = {
  postgres: "postgres:16.14-alpine@sha256:57c72fd2a128e416c7fcc499958864df5301e940bca0a56f58fddf30ffc07777",
  // A digest of zeros belongs to nothing: until the first push is pinned here, a cluster refuses to start it.
  "diabrisk/data-svc":
    "diabrisk/data-svc:1.0.0@sha256:0000000000000000000000000000000000000000000000000000000000000000",
} as const;
