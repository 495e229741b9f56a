import { MigrationChart } from "../../lib/charts/migration";
import type { Release } from "../../lib/charts/stage-chart";
import { LOGIN_ROLES } from "../../lib/contract";
import { readClients } from "../../lib/roles/clients";
import { ALL_STAGES } from "../../lib/stages";
import { dev } from "../../lib/stages/dev";
import { prod } from "../../lib/stages/prod";
import { shared } from "../../lib/stages/shared";
import type { Stage } from "../../lib/stages/stage";
import { chartOf, FAKE_CREDENTIALS, type Manifest, only } from "../support/manifests";

const job = (stage: Stage, overrides: Partial<Release> = {}) => only(chartOf(MigrationChart, stage, overrides), "Job");

describe.each(ALL_STAGES)("the migration of $name", (stage) => {
  const { spec } = job(stage);
  const pod = spec.template.spec;

  test("makes the roles, then the schema, with the image of data-svc", () => {
    const [bootstrap] = pod.initContainers;
    const [up] = pod.containers;
    expect(bootstrap.command.slice(0, 2)).toEqual(["migrate", "bootstrap"]);
    expect(up.command.slice(0, 2)).toEqual(["migrate", "up"]);
    expect([bootstrap.image, up.image]).toEqual([stage.service.image.reference, stage.service.image.reference]);
  });

  test("waits for a password that was just changed to reach the server", () => {
    for (const { command } of [...pod.initContainers, ...pod.containers])
      expect(command.join(" ")).toContain("--password-wait 180");
  });

  test("tells both of the clients, so that a table appears with its clients' privileges", () => {
    for (const { env } of [...pod.initContainers, ...pod.containers]) {
      const { value } = env.find(({ name }: Manifest) => name === "CLIENTS");
      expect(readClients({ problems: [], read: () => value })).toEqual(stage.clients);
    }
  });

  test("gives the superuser's password to the first alone, and migrator's to the second alone", () => {
    const secretAt = (container: Manifest, path: string) => {
      const { name } = container.volumeMounts.find((mount: Manifest) => mount.mountPath === path);
      return pod.volumes.find((volume: Manifest) => volume.name === name).secret.secretName;
    };
    expect(secretAt(pod.initContainers[0], "/etc/diabrisk/database")).toBe("postgres-secret");
    expect(secretAt(pod.containers[0], "/etc/diabrisk/database")).toBe("postgres-migrator");
    expect(pod.containers[0].volumeMounts.map((mount: Manifest) => mount.name)).toEqual([
      "migrator",
      "authority",
      "tmp",
    ]);
  });

  test("gives the first a folder for every role, named as the role", () => {
    const { sources } = pod.volumes.find((volume: Manifest) => volume.name === "roles").projected;
    const paths = sources.flatMap(({ secret }: Manifest) => secret.items.map((item: Manifest) => item.path));
    const roles = [...LOGIN_ROLES, ...stage.clients.map(({ role }) => role)];
    expect(paths).toEqual(roles.flatMap((role) => [`${role}/username`, `${role}/password`, `${role}/url`]));
  });

  test("lets nobody but its own group read a credential", () => {
    for (const volume of pod.volumes) {
      if (volume.emptyDir) continue;
      expect((volume.secret ?? volume.projected).defaultMode).toBe(0o440);
    }
  });

  test("is over at once where another try changes nothing, and is not blamed for a drained node", () => {
    expect(spec.podFailurePolicy.rules).toEqual([
      { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
      { action: "FailJob", onExitCodes: { operator: "In", values: [2, 4, 5] } },
    ]);
    expect(pod.restartPolicy).toBe("Never");
  });

  test("ends some day, tries again, and stays to be read, as its stage says", () => {
    expect(spec.activeDeadlineSeconds).toBe(stage.migration.deadlineSeconds);
    expect(spec.backoffLimit).toBe(stage.migration.retries);
    expect(spec.ttlSecondsAfterFinished).toBe(stage.migration.keepFinishedSeconds);
  });

  test("gives up by itself before its deadline, since the log goes with the pod then", () => {
    const { command } = pod.containers[0];
    const option = (name: string) => Number(command[command.indexOf(name) + 1]);
    const [timeout, tries, statement] = [
      option("--lock-timeout"),
      option("--lock-tries"),
      option("--statement-timeout"),
    ];
    // Pauses double from half a second to ten.
    const pauses = Array.from({ length: tries - 1 }, (_, index) => Math.min(10, 0.5 * 2 ** index));
    const longest = tries * timeout + pauses.reduce((sum, pause) => sum + pause, 0);
    for (const seconds of [longest, statement]) {
      expect(seconds).toBeGreaterThan(stage.migration.deadlineSeconds * 0.8);
      expect(seconds).toBeLessThanOrEqual(stage.migration.deadlineSeconds - 30);
    }
  });

  test("is labelled with its own name", () => {
    const { metadata } = job(stage);
    expect(metadata.labels["app.kubernetes.io/instance"]).toBe(metadata.name);
    expect(spec.template.metadata.labels["app.kubernetes.io/instance"]).toBe(metadata.name);
  });
});

describe("the name of the Job", () => {
  const name = (stage: Stage, overrides: Partial<Release> = {}) => job(stage, overrides).metadata.name;
  const passwords = { ...FAKE_CREDENTIALS.passwords, readonly: "changed" };

  test("is a digest", () => expect(name(dev)).toMatch(/^migrate-[0-9a-f]{10}$/));

  test.each<[string, Stage, Partial<Release>]>([
    ["the SQL", dev, { migrations: { version: 7, required: 7, contracts: [], digest: "changed" } }],
    ["the source of the image", dev, { source: "changed" }],
    ["the image", { ...dev, service: { ...dev.service, image: { reference: "a:b", pullPolicy: "Always" } } }, {}],
    ["a client", { ...dev, clients: [{ ...shared.clients["auth-svc"], connections: 1 }] }, {}],
    ["how long the retention leaves the log", { ...dev, retention: { ...dev.retention, auditMonths: 120 } }, {}],
    ["a setting", { ...dev, migration: { ...dev.migration, retries: 1 } }, {}],
  ])("changes with %s", (_, stage, overrides) => {
    expect(name(stage, overrides)).not.toBe(name(dev));
  });

  test("does not change with what it does not use", () => {
    const oauth = { clientId: "changed", clientSecret: "changed" };
    const service = { ...dev.service, replicas: 5, minAvailable: 4 };
    expect(name({ ...dev, service }, { credentials: { ...FAKE_CREDENTIALS, oauth, passwords } })).toBe(name(dev));
  });
});

const bootstrap = (stage: Stage) => job(stage).spec.template.spec.initContainers[0].command;

test("the database learns how long the retention's own numbers have it keep things", () => {
  const command = bootstrap({ ...prod, retention: { ...prod.retention, auditMonths: 120, sessionDays: 45 } });
  expect(command.join(" ")).toContain("--audit-months 120 --session-days 45");
});

test("the test users belong to dev", () => {
  expect(bootstrap(dev)).not.toContain("--no-test-users");
  expect(bootstrap(prod)).toContain("--no-test-users");
});
