/**
 * Images of staging and prod, by tag and digest, so that the tested image is the one that starts. `npm run pin --
 * <reference>` rewrites a line here. The release job passes it the reference that its push printed, and commits the
 * result.
 */
export const RELEASED_IMAGES = {
  postgres: "postgres:16.14-alpine@sha256:57c72fd2a128e416c7fcc499958864df5301e940bca0a56f58fddf30ffc07777",
  // Not pinned yet, as below. `npm run pin` takes what the registry says of the tag.
  "ghcr.io/cloudnative-pg/postgresql":
    "ghcr.io/cloudnative-pg/postgresql:16.14-minimal-trixie@sha256:0000000000000000000000000000000000000000000000000000000000000000",
  "quay.io/prometheuscommunity/postgres-exporter":
    "quay.io/prometheuscommunity/postgres-exporter:v0.19.1@sha256:e96064f876226d94bb6ce48a4c4b3dd76edba91168ec1ab024e5c4b959310b0f",
  // A digest of zeros matches no image. Clusters refuse to start it until the first push is pinned here.
  "diabrisk/data-svc":
    "diabrisk/data-svc:1.0.0@sha256:0000000000000000000000000000000000000000000000000000000000000000",
} as const;
