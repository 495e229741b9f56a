import { RetentionChart } from "../../lib/charts/retention";
import { chartOf, containersOf, only } from "../support/manifests";
import { clustered, personal } from "../support/stages";

describe.each([personal, clustered])("the retention of $name", (stage) => {
  const objects = chartOf(RetentionChart, stage);
  const { spec } = only(objects, "CronJob", "postgres-retention");
  const job = spec.jobTemplate.spec;
  const pod = job.template.spec;
  const [container] = pod.containers;

  test("starts by the stage's schedule in UTC, one at a time, and late rather than not at all", () =>
    expect(spec).toMatchObject({
      schedule: "23 3 * * *",
      timeZone: "Etc/UTC",
      concurrencyPolicy: "Forbid",
      startingDeadlineSeconds: 1_000,
    }));

  test("is tried again until the stage's deadline, but not with wrong settings", () =>
    expect(job).toMatchObject({
      activeDeadlineSeconds: 1_000,
      backoffLimit: 3,
      podFailurePolicy: {
        rules: [
          { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget" }] },
          { action: "FailJob", onExitCodes: { operator: "In", values: [2] } },
        ],
      },
    }));

  test("deletes by the stage's numbers", () => {
    expect(containersOf({ spec: pod })).toHaveLength(1);
    expect(container.image).toBe(stage.service.image.reference);
    const numbers = "--partitions-ahead 2 --session-days 20 --audit-months 50";
    expect(container.command.join(" ")).toBe(`retention ${numbers} --password-wait 180`);
  });

  test("has its own login and the server's authority, and no token", () => {
    expect(pod.volumes.map(({ secret }: { secret?: { secretName: string } }) => secret?.secretName)).toEqual([
      ...["postgres-retention", "postgres-tls", undefined],
    ]);
    expect(pod).toMatchObject({ serviceAccountName: "postgres-retention", automountServiceAccountToken: false });
    expect(only(objects, "ServiceAccount", "postgres-retention").automountServiceAccountToken).toBe(false);
  });
});
