import { common, personal, rule } from "./support";

const ONES = `sha256:${"1".repeat(64)}`;

describe("an image", () => {
  rule(
    "is an image reference",
    personal,
    "service.image.reference",
    "Not An Image",
    /"Not An Image", which is no image reference/,
  );
  rule(
    "has a tag that is not whatever was pushed last, in dev too",
    personal,
    "service.image.reference",
    "diabrisk/data-svc:latest",
    /latest is whatever was pushed last.*Name the version/,
  );
  rule(
    "has a digest outside dev",
    common,
    "service.image.reference",
    "diabrisk/data-svc:1.0.0",
    /can be pushed again.*npm run pin/,
  );
  rule("has a tag beside its digest", common, "service.image.reference", `diabrisk/data-svc@${ONES}`, /without a tag/);
  rule(
    "has neither latest nor a bare tag outside dev",
    common,
    "service.image.reference",
    "diabrisk/data-svc:latest",
    /latest is whatever was pushed last/,
    /add the digest/,
  );
  rule(
    "is pulled outside dev, so that nobody runs what another has pulled",
    common,
    "service.image.pullPolicy",
    "IfNotPresent",
    /pull policy IfNotPresent.*set Always/,
  );
});

describe("the database's image", () => {
  rule(
    "is of the volume's major version",
    personal,
    "database.image.reference",
    "postgres:17-alpine",
    /not a PostgreSQL 16/,
  );
  rule(
    "is PostgreSQL",
    common,
    "database.image.reference",
    `mysql:16-alpine@${ONES}`,
    /"mysql:16-alpine@.*not a PostgreSQL 16/,
  );
  rule(
    "is built with the volume's C library",
    common,
    "database.image.reference",
    `postgres:16.14@${ONES}`,
    /with glibc, but .* with musl/,
  );
});
