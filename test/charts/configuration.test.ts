import { parse } from "yaml";
import { ConfigurationChart } from "../../lib/charts/configuration";
import { LOGIN_ROLES } from "../../lib/contract";
import { STAGES } from "../../lib/stages";
import { dev } from "../../lib/stages/dev";
import { prod } from "../../lib/stages/prod";
import { staging } from "../../lib/stages/staging";
import { all, chartOf, type Manifest, only } from "../support/manifests";

const NAMES = [
  "oauth-secret",
  "postgres-backup",
  "postgres-data-svc",
  "postgres-migrator",
  "postgres-monitor",
  "postgres-readonly",
  "postgres-secret",
];
const names = (objects: Manifest[]) => objects.map((object) => object.metadata.name).sort();
const decoded = (secret: Manifest) =>
  Object.fromEntries(
    Object.entries(secret.data).map(([key, value]) => [key, Buffer.from(String(value), "base64").toString()]),
  );

describe("app-config", () => {
  test.each(STAGES)("of $name is one YAML file that says what the stage says", (stage) => {
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

  test("are one for the superuser, one for each role that logs in, one for Google's client", () => {
    expect(names(all(objects, "Secret"))).toEqual(NAMES);
    expect(NAMES).toHaveLength(LOGIN_ROLES.length + 2);
  });

  test("hold a user, a password and the URL made from both", () => {
    expect(decoded(only(objects, "Secret", "postgres-secret"))).toEqual({
      username: "diabrisk",
      password: "fake-diabrisk",
      url: "postgres://diabrisk:fake-diabrisk@postgres:5432/diabrisk",
    });
    expect(decoded(only(objects, "Secret", "postgres-data-svc"))).toEqual({
      username: "data_svc",
      password: "fake-data_svc",
      url: "postgres://data_svc:fake-data_svc@postgres:5432/diabrisk",
    });
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
    expect(names(all(objects, "ExternalSecret"))).toEqual(NAMES);
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
      url: 'postgres://data_svc:{{ .password | urlquery | replace "+" "%20" }}@postgres:5432/diabrisk',
    });
  });

  test("outlive a store that forgets them", () => {
    for (const { spec } of all(objects, "ExternalSecret")) expect(spec.target.deletionPolicy).toBe("Retain");
  });
});
