import { BackupChart } from "../../lib/charts/backup";
import { STAGES } from "../../lib/stages";
import { all, chartOf, FAKE_CREDENTIALS, only } from "../support/manifests";
import { common, personal } from "../support/stages";

const cronJobOf = (objects: ReturnType<typeof chartOf>) => only(objects, "CronJob").spec;
const podOf = (objects: ReturnType<typeof chartOf>) => cronJobOf(objects).jobTemplate.spec.template.spec;

describe("the backup", () => {
  const spec = cronJobOf(chartOf(BackupChart, personal));

  test("starts by the stage's schedule in UTC, one at a time, and late rather than not at all", () =>
    expect(spec).toMatchObject({
      schedule: "11 2 * * *",
      timeZone: "Etc/UTC",
      concurrencyPolicy: "Forbid",
      startingDeadlineSeconds: 1_500,
    }));

  test("is given up at the stage's deadline, and a drained node costs no try", () =>
    expect(spec.jobTemplate.spec).toMatchObject({
      activeDeadlineSeconds: 1_500,
      backoffLimit: 3,
      podFailurePolicy: { rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget" }] }] },
    }));

  test("keeps one pod of each kind, since their volumes stay as long", () =>
    expect([spec.successfulJobsHistoryLimit, spec.failedJobsHistoryLimit]).toEqual([1, 1]));
});

describe("the pod of a backup", () => {
  const pod = podOf(chartOf(BackupChart, personal));
  const [dump] = pod.initContainers;
  const [ship] = pod.containers;
  const volumesOf = ({ volumeMounts }: { volumeMounts: { name: string }[] }) => volumeMounts.map(({ name }) => name);

  test("dumps with the server's image and ships with data-svc's", () => {
    expect([dump.name, dump.image]).toEqual(["dump", personal.database.image.reference]);
    expect([ship.name, ship.image]).toEqual(["ship", personal.service.image.reference]);
  });

  test("lets the database's password be read by the one, and the place of the backups by the other", () => {
    expect(volumesOf(dump)).toEqual(["dump", "credential", "authority", "work", "tmp"]);
    expect(volumesOf(ship)).toEqual(["store", "work", "tmp"]);
  });

  test("makes the dump on a volume of its own, which ends with it", () => {
    const { ephemeral } = pod.volumes.find(({ name }: { name: string }) => name === "work");
    expect(ephemeral.volumeClaimTemplate.spec.resources.requests.storage).toBe("12Gi");
  });

  test("encrypts for people and for the drill", () => {
    const { people, drill } = FAKE_CREDENTIALS.backup;
    expect(ship.command.join(" ")).toContain(`--recipient ${people.recipient} --recipient ${drill.recipient}`);
  });
});

test("backups on a volume have a claim, and as many stay as the stage says", () => {
  const objects = chartOf(BackupChart, personal);
  expect(only(objects, "PersistentVolumeClaim").metadata.name).toBe("postgres-backups");
  expect(only(objects, "PersistentVolumeClaim").spec.resources.requests.storage).toBe("15Gi");
  const { command } = podOf(objects).containers[0];
  expect(command.join(" ")).toContain("--target volume:/backups --keep-daily 4 --keep-weekly 3 --keep-monthly 2");
});

test("backups in a bucket have credentials instead, and the bucket's own rules keep them", () => {
  const objects = chartOf(BackupChart, common);
  expect(all(objects, "PersistentVolumeClaim")).toEqual([]);
  const [{ command }] = podOf(objects).containers;
  const target = "s3:https://objects.hospital.example:9443/hospital-backups/prod";
  expect(command.join(" ")).toContain(`--target ${target} --region north --recipient`);
  expect(command.join(" ")).not.toContain("--keep");
  const { secret } = podOf(objects).volumes.find(({ name }: { name: string }) => name === "store");
  expect(secret.secretName).toBe("backup-store");
});

test("a changed script makes another ConfigMap, and a running pod keeps its own", () => {
  const name = (scratch: string) =>
    only(chartOf(BackupChart, { ...STAGES.dev, backup: { ...STAGES.dev.backup, scratch } }), "ConfigMap");
  expect(name("10Gi").metadata.name).toMatch(/^postgres-backup-[0-9a-f]{10}$/);
  expect(name("10Gi").metadata.name).not.toBe(name("11Gi").metadata.name);
  expect(name("10Gi").immutable).toBe(true);
});
