import { DatabaseChart } from "../../lib/charts/database";
import { LOGIN_ROLES } from "../../lib/contract";
import { databaseUsers } from "../../lib/secrets/credentials";
import { dev } from "../../lib/stages/dev";
import { prod } from "../../lib/stages/prod";
import type { Stage } from "../../lib/stages/stage";
import { STATEFUL_STAGES } from "../support/engines";
import { all, chartOf, FAKE_CREDENTIALS as FAKE, type Manifest, only } from "../support/manifests";
import { common, personal } from "../support/stages";

const database = (stage: Stage) => only(chartOf(DatabaseChart, stage), "StatefulSet").spec;
const server = (stage: Stage) => database(stage).template.spec.containers[0];

describe.each(STATEFUL_STAGES)("the database of $name", (stage) => {
  const objects = chartOf(DatabaseChart, stage);
  const { spec, metadata } = only(objects, "StatefulSet");
  const [container] = spec.template.spec.containers;

  test("still has the claim data-postgres-0", () => {
    expect(`${spec.volumeClaimTemplates[0].metadata.name}-${metadata.name}-0`).toBe("data-postgres-0");
    expect(spec.volumeClaimTemplates).toHaveLength(1);
  });

  test("says of its claim what the API server would add, so that applying again shows no change", () => {
    const [claim] = spec.volumeClaimTemplates;
    expect(claim).toMatchObject({ apiVersion: "v1", kind: "PersistentVolumeClaim", status: { phase: "Pending" } });
    expect(claim.spec.volumeMode).toBe("Filesystem");
  });

  test("has an address for clients and a headless Service for its name", () => {
    const client = only(objects, "Service", "postgres").spec;
    expect(client).toMatchObject({ type: "ClusterIP", selector: { app: "postgres" } });
    expect(client.ports[0].port).toBe(5432);
    expect(only(objects, "Service", spec.serviceName).spec.clusterIP).toBe("None");
  });

  test("selects by the app label alone, which no release changes", () => {
    expect(spec.selector).toEqual({ matchLabels: { app: "postgres" } });
    expect(spec.volumeClaimTemplates[0].metadata.labels).toEqual({ app: "postgres" });
  });

  test("is one pod to its Service, whatever the StatefulSet is scaled to", () => {
    expect(only(objects, "Service", "postgres").spec.selector).toEqual({
      app: "postgres",
      "statefulset.kubernetes.io/pod-name": "postgres-0",
    });
  });

  test("starts without the Secrets that only the reloader reads", () => {
    const optional = new Map<string, boolean>();
    for (const { secret, projected } of spec.template.spec.volumes) {
      if (secret) optional.set(secret.secretName, false);
      for (const source of projected?.sources ?? []) optional.set(source.secret.name, source.secret.optional ?? false);
    }
    expect([...optional].filter(([, may]) => !may).map(([name]) => name)).toEqual(["postgres-tls"]);
  });

  test("keeps its data in a subfolder of the volume", () => {
    const mount = container.volumeMounts.find((each: { name: string }) => each.name === "data");
    expect(container.env).toContainEqual({ name: "PGDATA", value: `${mount.mountPath}/pgdata` });
  });

  test("is asked three ways: liveness lets a recovery finish, readiness does not, startup waits for ten minutes", () => {
    const { startupProbe, livenessProbe, readinessProbe } = container;
    expect(livenessProbe.exec.command.at(-1)).toMatch(/^pg_isready -q -h 127\.0\.0\.1 .*; \[ \$\? -le 1 \]$/);
    expect(readinessProbe.exec.command.at(-1)).toMatch(/^pg_isready -q -h 127\.0\.0\.1 -U diabrisk -d diabrisk -t 5$/);
    expect(startupProbe.exec.command).toEqual(livenessProbe.exec.command);
    expect(startupProbe.failureThreshold * startupProbe.periodSeconds).toBeGreaterThanOrEqual(600);
  });

  test("reads its password from a file and has no secret in its environment", () => {
    expect(container.command.at(-1)).toContain("POSTGRES_PASSWORD_FILE=/etc/diabrisk/database/password\n");
    expect(JSON.stringify(container.env)).not.toMatch(/secret|password/i);
  });

  test("has the time that its stage gives it to stop, and a request for memory that is its limit", () => {
    expect(spec.template.spec.terminationGracePeriodSeconds).toBe(stage.database.stopGraceSeconds);
    expect(container.resources.requests.memory).toBe(container.resources.limits.memory);
  });

  test("lets a drain move it", () => {
    const budget = only(objects, "PodDisruptionBudget").spec;
    expect(budget).toMatchObject({ maxUnavailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow" });
    expect(budget.selector).toEqual(spec.selector);
  });

  test("can be repaired by an update when its pod never gets ready", () => {
    expect(spec.podManagementPolicy).toBe("Parallel");
  });

  test("trusts the superuser on the socket of its pod and nobody else without a password, and asks for TLS before it", () => {
    const hba: string = only(objects, "ConfigMap").data["pg_hba.conf"];
    expect(hba.split("\n").filter((line) => line && !line.startsWith("#"))).toEqual([
      "local all diabrisk trust",
      "hostssl all diabrisk all scram-sha-256",
      `hostssl diabrisk ${[...LOGIN_ROLES, ...stage.clients.map(({ role }) => role)].join(",")},engine_move all scram-sha-256`,
    ]);
  });

  test("serves the mounted certificate with TLS 1.2 at least", () => {
    const conf: string = only(objects, "ConfigMap").data["postgresql.conf"];
    const mount = container.volumeMounts.find((each: { name: string }) => each.name === "tls");
    // With subPath a renewed file would never reach the pod.
    expect(mount).toEqual({ name: "tls", mountPath: "/etc/diabrisk/tls", readOnly: true });
    for (const line of ["ssl = 'on'", "ssl_min_protocol_version = 'TLSv1.2'"]) expect(conf).toContain(`${line}\n`);
    expect(conf).toContain(
      `ssl_cert_file = '${mount.mountPath}/tls.crt'\nssl_key_file = '${mount.mountPath}/tls.key'\n`,
    );
    const volume = spec.template.spec.volumes.find((each: { name: string }) => each.name === "tls");
    expect(volume.secret).toEqual({ secretName: "postgres-tls", defaultMode: 0o440 });
  });

  test("writes a log from which another engine can follow it", () => {
    expect(only(objects, "ConfigMap").data["postgresql.conf"]).toContain("\nwal_level = 'logical'\n");
  });

  test("asks for no huge pages, which a node may have reserved and the pod may not use", () => {
    expect(only(objects, "ConfigMap").data["postgresql.conf"]).toContain("\nhuge_pages = 'off'\n");
  });

  test("has a container beside the server that follows the Secrets, of the server's image, started before it", () => {
    const [reloader] = spec.template.spec.initContainers;
    expect(reloader).toMatchObject({ name: "reloader", restartPolicy: "Always", image: container.image });
    expect(reloader.command).toEqual(["/bin/sh", "/etc/postgresql/reloader.sh"]);
    expect(Object.keys(only(objects, "ConfigMap").data)).toContain("reloader.sh");
    expect(reloader.resources.requests).toEqual(reloader.resources.limits);
    // A server whose Secrets cannot be followed still serves.
    expect(reloader.readinessProbe).toBeUndefined();
  });

  test("gives that container every user's password, and the rest of no Secret but the certificate's", () => {
    const { sources } = spec.template.spec.volumes.find((each: { name: string }) => each.name === "roles").projected;
    const paths = sources.flatMap((source: Manifest) => source.secret.items.map((item: Manifest) => item.path));
    expect(paths).toEqual(databaseUsers(stage).map((user) => `${user}/password`));
  });

  test("is not restarted by another password or certificate", () => {
    const passwords = Object.fromEntries(databaseUsers(dev).map((user) => [user, "changed"])) as typeof FAKE.passwords;
    const pair = { certificate: "changed", key: "changed" };
    const changed = chartOf(DatabaseChart, stage, {
      credentials: { ...FAKE, passwords, tls: { authority: pair, server: pair, service: pair } },
    });
    expect(changed).toEqual(objects);
  });

  test("quotes no row and no parameter in its log", () => {
    const conf: string = only(objects, "ConfigMap").data["postgresql.conf"];
    expect(conf).toContain("log_error_verbosity = 'terse'\n");
    expect(conf).toContain("log_min_error_statement = 'panic'\n");
    expect(conf).toContain("log_parameter_max_length_on_error = '0'\n");
  });
});

describe("the database of a stage", () => {
  test("has the memory, the cores, the volume and the image that the stage says", () => {
    expect(server(personal).resources.limits).toMatchObject({ cpu: "600m", memory: "256Mi" });
    expect(database(personal).volumeClaimTemplates[0].spec.resources.requests.storage).toBe("12Gi");
    expect(server(personal).image).toBe("postgres:16-alpine");
    expect(server(common).resources.limits).toMatchObject({ cpu: "4", memory: "6Gi" });
    expect(database(common).volumeClaimTemplates[0].spec.resources.requests.storage).toBe("60Gi");
  });

  test("has a volume that outlives the StatefulSet where the stage says so", () => {
    const policy = (stage: Stage) => database(stage).persistentVolumeClaimRetentionPolicy;
    expect(policy(common)).toEqual({ whenDeleted: "Retain", whenScaled: "Retain" });
    expect(policy(personal)).toEqual({ whenDeleted: "Delete", whenScaled: "Retain" });
  });
});

test("prod's volume outlives the StatefulSet", () => {
  expect(database(prod).persistentVolumeClaimRetentionPolicy).toEqual({ whenDeleted: "Retain", whenScaled: "Retain" });
});

test("a change of its configuration restarts it, and nothing else does", () => {
  const roomier = { ...personal, database: { ...personal.database, resources: common.database.resources } };
  const checksum = (stage: Stage) => database(stage).template.metadata.annotations["checksum/config"];
  expect(checksum(roomier)).not.toBe(checksum(personal));
  expect(checksum({ ...personal, service: common.service })).toBe(checksum(personal));
});

test("every setting is written once", () => {
  const conf: string = only(all(chartOf(DatabaseChart, dev), "ConfigMap"), "ConfigMap").data["postgresql.conf"];
  const settings = conf
    .trimEnd()
    .split("\n")
    .map((line) => line.split(" = ")[0]);
  expect(new Set(settings).size).toBe(settings.length);
});
