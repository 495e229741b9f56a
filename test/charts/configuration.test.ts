import { parse } from "yaml";
import { ConfigurationChart } from "../../lib/charts/configuration";
import { LOGIN_ROLES } from "../../lib/contract";
import { ALL_STAGES } from "../../lib/stages";
import { dev } from "../../lib/stages/dev";
import { prod } from "../../lib/stages/prod";
import { staging } from "../../lib/stages/staging";
import { all, chartOf, type Manifest, only } from "../support/manifests";

const NAMES = [
  "oauth-secret",
  "postgres-auth-svc",
  "postgres-backup",
  "postgres-data-svc",
  "postgres-migrator",
  "postgres-monitor",
  "postgres-readonly",
  "postgres-retention",
  "postgres-secret",
];
const TLS = "?sslmode=verify-full&sslrootcert=/etc/diabrisk/tls/ca.crt";
const names = (objects: Manifest[]) => objects.map((object) => object.metadata.name).sort();
const decoded = (secret: Manifest) =>
  Object.fromEntries(
    Object.entries(secret.data).map(([key, value]) => [key, Buffer.from(String(value), "base64").toString()]),
  );

describe("app-config", () => {
  test.each(ALL_STAGES)("of $name is one YAML file that says what the stage says", (stage) => {
    const { data } = only(chartOf(ConfigurationChart, stage), "ConfigMap");
    expect(Object.keys(data)).toEqual(["app.yaml"]);
    expect(parse(data["app.yaml"])).toEqual(stage.config);
  });

  test.each([staging, prod])("of $name sends session cookies over TLS alone", (stage) => {
    const { data } = only(chartOf(ConfigurationChart, stage), "ConfigMap");
    expect(parse(data["app.yaml"]).session.cookie).toMatchObject({ secure: true, httpOnly: true });
  });
});

describe("dev's Secrets", () => {
  const objects = chartOf(ConfigurationChart, dev);

  test("are one for the superuser, one for each role that logs in, clients included, one for Google's client, one for each server", () => {
    expect(names(all(objects, "Secret"))).toEqual([...NAMES, "postgres-tls", "data-svc-tls"].sort());
    expect(NAMES).toHaveLength(LOGIN_ROLES.length + dev.clients.length + 2);
  });

  test("hold a user, a password and the URL made from both", () => {
    expect(decoded(only(objects, "Secret", "postgres-secret"))).toEqual({
      username: "diabrisk",
      password: "fake-diabrisk",
      url: `postgres://diabrisk:fake-diabrisk@postgres:5432/diabrisk${TLS}`,
    });
    expect(decoded(only(objects, "Secret", "postgres-data-svc"))).toEqual({
      username: "data_svc",
      password: "fake-data_svc",
      url: `postgres://data_svc:fake-data_svc@postgres:5432/diabrisk${TLS}`,
    });
  });

  test("hold the server's certificate under cert-manager's keys, and nowhere the authority's key", () => {
    const secret = only(objects, "Secret", "postgres-tls");
    expect(secret.type).toBe("kubernetes.io/tls");
    expect(decoded(secret)).toEqual({
      "tls.crt": "fake-certificate",
      "tls.key": "fake-key",
      "ca.crt": "fake-authority",
    });
    const service = only(objects, "Secret", "data-svc-tls");
    expect([service.type, decoded(service)]).toEqual([
      "kubernetes.io/tls",
      { "tls.crt": "fake-service-certificate", "tls.key": "fake-service-key", "ca.crt": "fake-authority" },
    ]);
    const values = all(objects, "Secret").flatMap((each) => Object.values(decoded(each)));
    expect(values).not.toContain("fake-authority-key");
  });

  test("hold Google's client", () => {
    expect(decoded(only(objects, "Secret", "oauth-secret"))).toEqual({
      "client-id": "fake-client-id",
      "client-secret": "fake-client-secret",
    });
  });
});

describe.each([staging, prod])("$name's Secrets", (stage) => {
  const objects = chartOf(ConfigurationChart, stage);

  test("come from the store, and none is in the manifests", () => {
    expect(all(objects, "Secret")).toEqual([]);
    expect(names(all(objects, "ExternalSecret"))).toEqual(["backup-store", ...NAMES]);
  });

  test("have the names, keys and URL that dev's have", () => {
    const { spec } = only(objects, "ExternalSecret", "postgres-data-svc");
    expect(spec.secretStoreRef).toEqual({ kind: "ClusterSecretStore", name: "diabrisk" });
    expect(spec.data).toEqual([
      { secretKey: "password", remoteRef: { key: `diabrisk/${stage.name}/postgres-data-svc`, property: "password" } },
    ]);
    expect(spec.target.name).toBe("postgres-data-svc");
    expect(spec.target.template.data).toEqual({
      username: "data_svc",
      password: "{{ .password }}",
      url: `postgres://data_svc:{{ .password | urlquery | replace "+" "%20" }}@postgres:5432/diabrisk${TLS}`,
    });
  });

  test("outlive a store that forgets them", () => {
    for (const { spec } of all(objects, "ExternalSecret")) expect(spec.target.deletionPolicy).toBe("Retain");
  });
});

describe.each(ALL_STAGES.filter(({ certificate }) => certificate.kind === "cert-manager"))(
  "data-svc's in $name",
  (stage) => {
    const objects = chartOf(ConfigurationChart, stage);
    const { spec } = only(objects, "Certificate", "data-svc-tls");

    test("is the database's but for Secret, labels and names, which are those of its Service", () => {
      const { spec: other } = only(objects, "Certificate", "postgres-tls");
      const own = { secretName: "data-svc-tls", secretTemplate: spec.secretTemplate, dnsNames: spec.dnsNames };
      expect(spec).toEqual({ ...other, ...own });
      expect(spec.secretTemplate.labels).toMatchObject({ app: "data-svc" });
      expect(spec.dnsNames).toEqual([
        ...["data-svc", "data-svc.diabrisk", "data-svc.diabrisk.svc", "data-svc.diabrisk.svc.cluster.local"],
      ]);
    });
  },
);

describe.each([staging, prod])("$name's certificate", (stage) => {
  const { spec } = only(chartOf(ConfigurationChart, stage), "Certificate", "postgres-tls");

  test("is issued by cert-manager into the Secret that pods mount, with a new key each time", () => {
    expect(spec.secretName).toBe("postgres-tls");
    expect(spec.issuerRef).toEqual({ group: "cert-manager.io", kind: "ClusterIssuer", name: "diabrisk" });
    expect(spec.privateKey).toMatchObject({ algorithm: "ECDSA", rotationPolicy: "Always" });
    expect(spec.usages).toEqual(["digital signature", "server auth"]);
    expect(Number.parseInt(spec.renewBefore, 10)).toBeLessThan(Number.parseInt(spec.duration, 10) / 2);
  });

  test("has every name by which the Services of its namespace let clients ask", () => {
    expect(spec.dnsNames).toEqual(
      ["postgres", "postgres-headless", "postgres-0.postgres-headless"].flatMap((name) =>
        ["", ".diabrisk", ".diabrisk.svc", ".diabrisk.svc.cluster.local"].map((domain) => name + domain),
      ),
    );
    const elsewhere = chartOf(ConfigurationChart, stage, { namespace: "elsewhere" });
    expect(only(elsewhere, "Certificate", "postgres-tls").spec.dnsNames).toContain("postgres.elsewhere.svc");
  });
});
