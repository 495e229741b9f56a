import * as fs from "node:fs";
import { prodHa } from "../../lib/stages/prod-ha";
import { DEFINITIONS, faults, schemaOf } from "../support/crd-schema";
import { all, type Manifest, objectsOf, only } from "../support/manifests";

const objects = objectsOf(prodHa);
const cluster = only(objects, "Cluster");
const { spec } = cluster;

describe("the cluster of prod-ha", () => {
  test("acknowledges a commit that two instances have, and promotes only one that has them all", () => {
    expect(spec.instances).toBe(3);
    expect(spec.postgresql.synchronous).toEqual({
      method: "any",
      number: 1,
      dataDurability: "required",
      failoverQuorum: true,
    });
  });

  test("makes the database and superuser of the StatefulSet's image, with its locale and checksums", () => {
    expect(spec.bootstrap.initdb).toMatchObject({
      database: "diabrisk",
      owner: "diabrisk",
      secret: { name: "postgres-secret" },
      ...{ dataChecksums: true, encoding: "UTF8", localeCollate: "C", localeCType: "C" },
    });
    expect(spec.enableSuperuserAccess).toBe(false);
  });

  test("lets each role into our database alone, and nobody in without TLS, before the operator's own last line", () =>
    expect(spec.postgresql.pg_hba).toEqual([
      "hostnossl all all all reject",
      "hostssl all diabrisk all scram-sha-256",
      "hostssl diabrisk migrator,data_svc,readonly,backup,monitor,retention,auth_svc,engine_move all scram-sha-256",
      "host all all all reject",
    ]));

  test("has the StatefulSet's settings, and none that the operator fixes", () => {
    const { parameters } = spec.postgresql;
    expect(parameters).toMatchObject({
      shared_buffers: "1024MB",
      max_connections: "100",
      log_error_verbosity: "terse",
    });
    const operators = ["port", "ssl", "ssl_cert_file", "listen_addresses", "log_destination", "logging_collector"];
    for (const fixed of [...operators, "wal_level"]) expect(Object.keys(parameters)).not.toContain(fixed);
    // A twentieth of the log's own volume of 20Gi.
    expect(parameters.max_wal_size).toBe("1024MB");
  });

  test("keeps no two instances on a node", () => {
    expect(spec.affinity).toMatchObject({ enablePodAntiAffinity: true, podAntiAffinityType: "required" });
    expect(spec.resources.requests).toEqual(spec.resources.limits);
  });

  test("serves the certificate that clients verify, under every name, and follows a renewed one", () => {
    const certificate = only(objects, "Certificate", "postgres-tls");
    expect(spec.certificates).toEqual({ serverTLSSecret: "postgres-tls", serverCASecret: "postgres-tls" });
    for (const name of ["postgres", "postgres-rw", "postgres-ro", "postgres-r"])
      for (const domain of ["", ".diabrisk", ".diabrisk.svc"])
        expect(certificate.spec.dnsNames).toContain(`${name}${domain}`);
    expect(certificate.spec.secretTemplate.labels["cnpg.io/reload"]).toBe("true");
    const owner = only(objects, "ExternalSecret", "postgres-secret");
    expect(owner.spec.target.template.metadata.labels["cnpg.io/reload"]).toBe("true");
  });

  test("is reached by the Service `postgres`, which leads to the primary alone", () =>
    expect(only(objects, "Service", "postgres").spec).toMatchObject({
      selector: { app: "postgres", "cnpg.io/cluster": "postgres", "cnpg.io/instanceRole": "primary" },
      ports: [{ port: 5432, targetPort: "postgresql" }],
    }));
});

describe("the archive of prod-ha", () => {
  test("is written by the plugin from the first day, under a name of this cluster", () => {
    expect(spec.plugins).toEqual([
      {
        name: "barman-cloud.cloudnative-pg.io",
        enabled: true,
        isWALArchiver: true,
        parameters: { barmanObjectName: "postgres-archive", serverName: "postgres-1" },
      },
    ]);
    const { configuration } = only(objects, "ObjectStore").spec;
    expect(configuration.destinationPath).toBe("s3://diabrisk-archive-prod-ha/postgres");
    expect(configuration.serverName).toBeUndefined();
  });

  test("gets a base backup at once, and then by six fields", () =>
    expect(only(objects, "ScheduledBackup").spec).toMatchObject({
      immediate: true,
      method: "plugin",
      schedule: "0 37 1 * * *",
    }));
});

describe("the network of prod-ha", () => {
  const { ingress, egress } = only(objects, "NetworkPolicy", "postgres").spec;
  const peers = (rules: Manifest[], side: "from" | "to", port: number) =>
    rules
      .filter((rule) => rule.ports.some((one: Manifest) => one.port === port))
      .flatMap((rule) => rule[side])
      .map(
        (peer) => peer.podSelector?.matchLabels.app ?? Object.values(peer.namespaceSelector?.matchLabels ?? peer)[0],
      );

  test("lets in the clients, the other instances, the operator, the drill and the monitoring", () => {
    const jobs = ["migrate", "postgres-backup", "postgres-retention"];
    const clients = ["data-svc", ...jobs, "postgres-exporter", "postgres-reloader", "auth-svc"];
    expect(peers(ingress, "from", 5432)).toEqual([...clients, "postgres", "cnpg-system", "postgres-archive-drill"]);
    expect(peers(ingress, "from", 8000)).toEqual(["postgres", "cnpg-system"]);
    expect(peers(ingress, "from", 9187)).toEqual(["monitoring"]);
    expect(ingress).toHaveLength(4);
  });

  test("lets the instances reach each other, the API server, the name servers and the bucket", () => {
    expect(egress.map((rule: Manifest) => rule.ports[0].port)).toEqual([5432, 8000, 6443, 53, 443]);
    expect(peers(egress, "to", 5432)).toEqual(["postgres"]);
    expect(peers(egress, "to", 8000)).toEqual(["postgres"]);
  });
});

const compared = fs.existsSync(DEFINITIONS) ? describe : describe.skip;

compared(`the operators' definitions, if they are in ${DEFINITIONS},`, () => {
  test.each([
    ["Cluster", "postgresql.cnpg.io_clusters", "postgres"],
    ["ScheduledBackup", "postgresql.cnpg.io_scheduledbackups", "postgres-archive"],
    ["ObjectStore", "barmancloud.cnpg.io_objectstores", "postgres-archive"],
    ["PodMonitor", "monitoring.coreos.com_podmonitors", "postgres"],
  ])("take the %s", (kind, file, name) => {
    const schema = schemaOf(file, "v1");
    expect(faults(only(objects, kind, name), schema)).toEqual([]);
  });

  test("would refuse a mistake in each part", () => {
    const wrong = structuredClone(cluster);
    wrong.spec.instances = "3";
    wrong.spec.postgresql.synchronous.method = "all";
    wrong.spec.plugins[0].isWalArchiver = true;
    delete wrong.spec.bootstrap.initdb.secret.name;
    expect(faults(wrong, schemaOf("postgresql.cnpg.io_clusters", "v1")).sort()).toEqual([
      ".spec.bootstrap.initdb.secret.name is missing",
      ".spec.instances is of type string, not integer",
      ".spec.plugins[0].isWalArchiver is no field",
      ".spec.postgresql.synchronous.method is all, none of any, first",
    ]);
  });

  test("there is one of each kind that was compared", () => expect(all(objects, "Cluster")).toHaveLength(1));
});
