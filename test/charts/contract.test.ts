import { buildApp, manifests } from "../../lib/app";
import { ContractChart } from "../../lib/charts/contract";
import { MigrationChart } from "../../lib/charts/migration";
import { EXIT, FINAL_EXIT_CODES } from "../../lib/contract";
import { ALL_STAGES } from "../../lib/stages";
import { dev } from "../../lib/stages/dev";
import { chartOf, type Manifest, only, releaseOf } from "../support/manifests";

const migrations = { version: 9, required: 7, contracts: [8, 9], digest: "0123456789abcdef" };

describe.each(ALL_STAGES)("the contract migrations of $name", (stage) => {
  const job = only(chartOf(ContractChart, stage, { migrations }), "Job");
  const pod = job.spec.template.spec;

  test("run last, in a file of their own", () => {
    const files = manifests(buildApp(releaseOf(stage, { migrations }))).map(({ path }) => path.replace(/^.*\//, ""));
    expect(files.at(-1)).toMatch(/^00(?:09|10)-contract\.k8s\.yaml$/);
    expect(files.filter((file) => file.includes("contract"))).toHaveLength(1);
    expect(job.metadata.name).toMatch(/^migrate-contract-[0-9a-f]{10}$/);
  });

  test("wait until no older release is connected, then run all that is left, with the credential of migrator alone", () => {
    expect(pod.initContainers.map(({ command }: Manifest) => command.slice(0, 2))).toEqual([
      ["migrate", "await-rollout"],
    ]);
    expect(pod.initContainers[0].command.join(" ")).toContain("--expect-digest 0123456789abcdef");
    expect(pod.containers.map(({ command }: Manifest) => command.slice(0, 2))).toEqual([["migrate", "up"]]);
    expect(pod.containers[0].command).not.toContain("--before-contract");
    expect(pod.volumes.flatMap(({ secret }: Manifest) => secret?.secretName ?? [])).toEqual([
      "postgres-migrator",
      "postgres-tls",
    ]);
  });

  test("have the time of a rollout beside their own", () => {
    const { command } = pod.initContainers[0];
    const timeout = Number(command[command.indexOf("--timeout") + 1]);
    expect(timeout).toBeGreaterThan(600);
    expect(job.spec.activeDeadlineSeconds).toBeGreaterThanOrEqual(timeout + stage.migration.deadlineSeconds);
    expect(FINAL_EXIT_CODES).not.toContain(EXIT.pending);
  });

  test("are pods that the network lets reach the database", () => {
    expect(job.spec.template.metadata.labels.app).toBe("migrate");
    expect(pod.serviceAccountName).toBe(
      only(chartOf(MigrationChart, stage, { migrations }), "ServiceAccount").metadata.name,
    );
  });
});

test("the first Job leaves them out", () => {
  const { command } = only(chartOf(MigrationChart, dev, { migrations }), "Job").spec.template.spec.containers[0];
  expect(command).toContain("--before-contract");
});

test("a release whose newest migration is no contract one has no second Job", () => {
  const earlier = { version: 9, required: 9, contracts: [8], digest: "0123456789abcdef" };
  const files = manifests(buildApp(releaseOf(dev, { migrations: earlier }))).map(({ path }) => path);
  expect(files.at(-1)).toBe("dev/0008-retention.k8s.yaml");
});
