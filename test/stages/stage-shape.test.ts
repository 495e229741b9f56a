import { common, personal, rule } from "./support";

// Synth runs without a compiler, so the types are looked at there, too.
describe("a stage that no compiler has seen", () => {
  rule(
    "has a log level that there is",
    personal,
    "config.logLevel",
    "verbose",
    /logLevel is "verbose"\. Set it to "trace" or "debug"/,
  );
  rule(
    "has words in the right case",
    personal,
    "config.session.cookie.sameSite",
    "Lax",
    /sameSite is "Lax"\. Set it to "strict" or "lax"/,
  );
  rule(
    "has no setting that nobody reads",
    personal,
    "config.services.ml",
    "http://ml",
    /^config\.services\.ml is no setting\. Correct its name/,
  );
  rule(
    "has a boolean where one is wanted",
    personal,
    "migration.testUsers",
    "no",
    /testUsers is "no"\. Set it to true or false/,
  );
  rule(
    "has a known source of certificates",
    personal,
    "certificate.kind",
    "",
    /^certificate\.kind is ""\. Set it to "generated" or "cert-manager"/,
  );
  rule(
    "has a known source of secrets",
    common,
    "secrets.kind",
    "vault",
    /^secrets\.kind is "vault"\. Set it to "generated" or "ext/,
  );
  rule("has a source of secrets", common, "secrets", undefined, /^secrets is missing\. Set it to an object/);
  rule(
    "has a known kind of issuer",
    common,
    "certificate.issuerKind",
    "issuer",
    /issuerKind is "issuer"\. Set it to "ClusterIssuer" or "Issuer"/,
  );
  rule(
    "has every number",
    common,
    "service.stopGraceSeconds",
    undefined,
    /stopGraceSeconds is missing\. Set it to a number/,
  );
  rule("has numbers that are some", common, "service.replicas", Number.NaN, /replicas is NaN\. Set it to a number/);
  rule(
    "has callers that are objects",
    personal,
    "network.callers.1",
    "ml-api",
    /^network\.callers\[1\] is "ml-api"\. Set it to an object/,
  );
  rule("has a list of callers", personal, "network.callers", "ml-api", /callers is "ml-api"\. Set it to a list/);
  rule(
    "says what becomes of its volume",
    personal,
    "database.whenDeleted",
    null,
    /whenDeleted is null\. Set it to "Retain" or "Del/,
  );
  rule("says when images are pulled", personal, "service.image.pullPolicy", null, /pullPolicy is null/);
  rule(
    "has a store that is named by a text",
    common,
    "secrets.store",
    null,
    /secrets\.store is null\. Set it to a text/,
  );
});
