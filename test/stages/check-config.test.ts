import { appConfigText } from "../../lib/constructs/app-config";
import { parseAppConfig } from "../../lib/data-svc/app-config";
import { ALL_STAGES } from "../../lib/stages";
import { common, personal, refusals, rule } from "./support";

test.each(ALL_STAGES)("data-svc starts with what $name says to it", ({ config }) =>
  expect(parseAppConfig(appConfigText(config))).toEqual({ config }),
);

describe("a session", () => {
  rule(
    "is not idle for longer than it lives",
    personal,
    "config.session.idleTimeoutSeconds",
    90_000,
    /idleTimeoutSeconds is 90000 but a session lives 80000 s.*Lower the first/,
  );
  rule(
    "lives",
    personal,
    "config.session.lifetimeSeconds",
    0,
    /lifetimeSeconds is 0\. Set/,
    /idleTimeoutSeconds is 1000 but/,
  );
});

describe("a cookie", () => {
  rule(
    "is sent over TLS alone outside dev",
    common,
    "config.session.cookie.secure",
    false,
    /secure is false, so sessions can be read.*Set it to true/,
  );
  rule("is one that browsers keep", personal, "config.session.cookie.sameSite", "none", /browsers drop it/);
  rule("has a name without spaces", personal, "config.session.cookie.name", "a b", /cookie\.name is "a b"/);
});

describe("a service's URL", () => {
  rule(
    "has a scheme",
    personal,
    "config.services.ml-api",
    "ml-api:8080",
    /services\.ml-api is "ml-api:8080".*Write it like "http:\/\/ml-api:8080"/,
  );
  rule(
    "holds no password",
    personal,
    "config.services.ml-api",
    "http://a:b@ml-api",
    /holds a user name or password.*Leave it out/,
  );
  rule(
    "has TLS where data-svc is asked",
    personal,
    "config.services.data-svc",
    "http://data-svc:8080",
    /services\.data-svc is "http:.*serves TLS alone\. Write it like "https:\/\/data-svc:8080"/,
  );
  test.each([
    "",
    "http://ml-api:8080 ",
    " http://ml-api:8080",
    "http:ml-api",
    "HTTP://ml-api:8080",
    "http://ml\n-api",
    "http:\\\\ml-api",
    "http://ml-api:8080/a b",
    "ftp://ml-api",
  ])("is taken by every client as it is written, unlike %j", (url) => {
    expect(refusals(personal, "config.services.ml-api", url)).toEqual([
      expect.stringMatching(/ml-api is .*Write it like/),
    ]);
  });
});

describe("secrets", () => {
  rule(
    "are made up in dev alone",
    common,
    "secrets",
    { kind: "generated" },
    /writes passwords into the manifests.*set "external"/,
  );
  rule("come from a store with a name", common, "secrets.store", "", /secrets\.store is ""/);
  rule(
    "come from a path without a slash at its end",
    common,
    "secrets.path",
    "diabrisk/",
    /secrets\.path is "diabrisk\/"/,
  );
  rule("are looked at in an interval", common, "secrets.refreshInterval", "hourly", /refreshInterval is "hourly"/);
  rule(
    "are looked at again some time",
    common,
    "secrets.refreshInterval",
    "0h0s",
    /refreshInterval is "0h0s".*above zero/,
  );
});

describe("a certificate", () => {
  rule(
    "is made up in dev alone",
    common,
    "certificate",
    { kind: "generated" },
    /certificate\.kind is "generated", which writes a private key into the manifests.*name an issuer/,
  );
  rule("comes from an issuer with a name", common, "certificate.issuer", "", /certificate\.issuer is ""/);
});

describe("a name", () => {
  rule(
    "of a namespace is one that Kubernetes takes",
    common,
    "namespace",
    "Diab_Risk",
    /namespace is "Diab_Risk", which Kubernetes refuses.*lower-case/,
    /but the deployed database has "hospital"/,
  );
  rule(
    "of a caller is one that a label can have",
    personal,
    "network.callers.1.app",
    "ml api",
    /callers\[1\]\.app is "ml api", which Kubernetes refuses/,
  );
});

describe("a caller", () => {
  const { callers } = personal.network;

  rule("is there", personal, "network.callers", [], /network\.callers is empty, so nobody could call data-svc\. Name/);
  rule(
    "may do something",
    personal,
    "network.callers.1.may",
    [],
    /callers\[1\]\.may is empty, so ml-api could call nothing/,
  );
  rule(
    "may do each thing once",
    personal,
    "network.callers.1.may",
    ["listAssessments", "listAssessments"],
    /callers\[1\]\.may has listAssessments twice\. Leave/,
  );
  rule(
    "does what there is",
    personal,
    "network.callers.1.may",
    ["deleteEverything"],
    /callers\[1\]\.may\[0\] is "deleteEverything"\. Set it to "getActiveModelVersion" or/,
  );
  rule(
    "has an account that is not everybody's",
    personal,
    "network.callers.1.serviceAccount",
    "default",
    /serviceAccount is "default", which every pod of its namespace runs as that names none\. Set one/,
  );
  rule(
    "has an account of its own",
    personal,
    "network.callers.1.serviceAccount",
    "api-gateway",
    /two callers with the tokens of system:serviceaccount:clinic:api-gateway, so each could do what the other may\. Set/,
  );
  rule(
    "has a name of its own",
    personal,
    "network.callers",
    [...callers, { app: "ml-api", namespace: "elsewhere", may: ["listAssessments"] }],
    /two callers whose app is "ml-api", so the log could not tell them apart\. Name/,
  );
  rule(
    "of another namespace names it well",
    personal,
    "network.callers.0.namespace",
    "Else Where",
    /callers\[0\]\.namespace is "Else Where", which Kubernetes refuses/,
  );
});

describe("the API server", () => {
  rule("is somewhere", personal, "network.apiServer.network", [], /apiServer\.network names no server.*Name one/);
  rule("has a port", personal, "network.apiServer.port", 0, /network\.apiServer\.port is 0/);
});

describe("a name server", () => {
  rule("is there", personal, "network.dns", [], /network\.dns names no server, and a rule without peers.*Name one/);
  rule(
    "has pods in a namespace",
    personal,
    "network.dns.0.namespace",
    "Kube_System",
    /dns\[0\]\.namespace is "Kube_System", which Kubernetes refuses/,
  );
  for (const cidr of ["169.254.20.10", "169.254.20.10/33", "0.0.0.0/0", "x/8", "::1/129"])
    rule(
      `has addresses, not ${cidr}`,
      personal,
      "network.dns.1.cidr",
      cidr,
      /dns\[1\]\.cidr is ".*", which is no block.*Write/,
    );
});
