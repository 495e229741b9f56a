import { type BucketOptions, bucketDocuments, bucketScript } from "../../lib/backup";
import { runBackup } from "../../lib/backup/run";
import { keepingTerminal } from "../support/terminal";

const AWS: BucketOptions = {
  kind: "aws",
  endpoint: new URL("https://s3.eu-central-1.amazonaws.com"),
  region: "eu-central-1",
  bucket: "diabrisk-backups",
  prefix: "prod",
  keepDays: 35,
  writer: "diabrisk-backup",
  drill: "diabrisk-drill",
  account: "123456789012",
};
const statements = (options: BucketOptions) =>
  new Map(bucketDocuments(options).policy.Statement.map((statement) => [statement.Sid, statement]));

describe("the policy of AWS", () => {
  const policy = statements(AWS);

  test("lets the Job's user put and list alone", () => {
    const allowed = [...policy.values()].filter(
      ({ Effect, Principal }) => Effect === "Allow" && JSON.stringify(Principal).includes("diabrisk-backup"),
    );
    expect(allowed.flatMap(({ Action }) => Action)).toEqual([
      "s3:PutObject",
      "s3:AbortMultipartUpload",
      "s3:ListBucket",
    ]);
  });

  test("lets the drill's user put results alone", () => {
    expect(policy.get("DrillPutsResults")?.Resource).toBe("arn:aws:s3:::diabrisk-backups/prod/*/drill-*.json");
    expect(policy.get("DrillGets")?.Action).toEqual(["s3:GetObject"]);
  });

  test("lets nobody delete, shorten a lock, or overwrite", () => {
    expect(policy.get("NobodyDeletes")).toMatchObject({
      Effect: "Deny",
      Principal: "*",
      Action: expect.arrayContaining(["s3:DeleteObject", "s3:DeleteObjectVersion"]),
    });
    expect(policy.get("NobodyOverwrites")).toMatchObject({
      Effect: "Deny",
      Principal: "*",
      Condition: { Null: { "s3:if-none-match": "true" }, Bool: { "s3:ObjectCreationOperation": "true" } },
    });
  });
});

test("a store without AWS's condition gets none, since it would refuse the policy", () => {
  expect(JSON.stringify(bucketDocuments({ ...AWS, kind: "versity" }))).not.toContain("if-none-match");
});

test("locks and lifecycle agree about the days", () => {
  const { objectLock, lifecycle } = bucketDocuments(AWS);
  expect(objectLock.Rule.DefaultRetention.Days).toBe(35);
  expect(lifecycle.Rules[0]).toMatchObject({ Filter: { Prefix: "prod/" }, Expiration: { Days: 35 } });
});

test.each(["aws", "minio", "versity"] as const)("the script for %s is as agreed", (kind) => {
  expect(bucketScript({ ...AWS, kind })).toMatchSnapshot();
});

describe("the command", () => {
  const run = async (...args: string[]) => {
    const { terminal, printed } = keepingTerminal();
    return {
      exit: await runBackup(["bucket", ...args], { environment: {}, terminal, now: () => new Date() }),
      ...printed,
    };
  };

  test("asks for what it cannot know", async () => {
    expect(await run("--target", "s3:https://host/backups")).toMatchObject({
      exit: 2,
      err: expect.stringMatching(/--keep-days is missing.*--account is missing/s),
    });
  });
  test("refuses names that a shell would read otherwise", async () => {
    expect(
      (await run("--target", "s3:https://host/backups", "--keep-days", "3", "--for", "minio", "--writer", "a;b")).err,
    ).toContain('"a;b" is no user');
  });
  test("has nothing to print for a volume", async () => {
    expect((await run("--target", "volume:/backups", "--keep-days", "3", "--for", "minio")).err).toContain(
      "a volume, which needs no bucket",
    );
  });
});
