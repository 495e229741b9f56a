import type { BucketOptions } from "./options";
import { bucketPolicy, drillPolicy, writerPolicy } from "./policy";
import { lifecycle, objectLock } from "./retention";

/** The documents that a bucket of backups is configured with. */
export const bucketDocuments = (options: BucketOptions) => ({
  policy: bucketPolicy(options),
  objectLock: objectLock(options),
  lifecycle: lifecycle(options),
});

/** A shell script that makes and configures the bucket. It is for an administrator, and never runs in the cluster. */
export function bucketScript(options: BucketOptions): string {
  const steps = { aws: awsSteps, minio: minioSteps, versity: versitySteps }[options.kind](options);
  return `${[HEAD, ...steps].join("\n\n")}\n`;
}

const HEAD = `#!/bin/sh
# Makes a bucket of backups. Read it, then run it with an administrator's keys.
set -eu`;

const FOREVER =
  "# This store has no lifecycle rules: nothing expires. Watch its size; a version without a lock may be removed by hand.";
const document = (name: string, content: unknown) =>
  `cat > ${name} <<'END'\n${JSON.stringify(content, undefined, 2)}\nEND`;

function s3api({ endpoint, region, bucket }: BucketOptions) {
  const common = `--bucket ${bucket} --endpoint-url ${endpoint.origin} --region ${region}`;
  return (action: string, rest = "") => `aws s3api ${action} ${common}${rest && ` ${rest}`}`;
}

/** Versioning comes with the lock. */
function lockedBucket(options: BucketOptions): string[] {
  const { region } = options;
  const call = s3api(options);
  const where = region === "us-east-1" ? "" : ` --create-bucket-configuration LocationConstraint=${region}`;
  return [
    `# A lock needs a bucket that was made for it. It brings versions along.\n${call("create-bucket", `--object-lock-enabled-for-bucket${where}`)}`,
    document("object-lock.json", objectLock(options)),
    call("put-object-lock-configuration", "--object-lock-configuration file://object-lock.json"),
  ];
}

const applyPolicy = (options: BucketOptions) => [
  document("policy.json", bucketPolicy(options)),
  s3api(options)("put-bucket-policy", "--policy file://policy.json"),
];

function awsSteps(options: BucketOptions): string[] {
  const { writer, drill } = options;
  const call = s3api(options);
  return [
    ...lockedBucket(options),
    call(
      "put-public-access-block",
      "--public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
    ),
    document("lifecycle.json", lifecycle(options)),
    call("put-bucket-lifecycle-configuration", "--lifecycle-configuration file://lifecycle.json"),
    `# The users have no rights but the bucket's policy.\nfor user in ${writer} ${drill}; do\n  aws iam create-user --user-name "$user"\n  aws iam create-access-key --user-name "$user"\ndone`,
    ...applyPolicy(options),
  ];
}

function versitySteps(options: BucketOptions): string[] {
  const { endpoint, writer, drill } = options;
  const admin = `versitygw admin --endpoint-url ${endpoint.origin} create-user --role user`;
  return [
    ...lockedBucket(options),
    FOREVER,
    `# The gateway needs --iam-dir to have users. Their names are their access keys.\n${admin} --access ${writer} --secret "\${WRITER_SECRET:?}"\n${admin} --access ${drill} --secret "\${DRILL_SECRET:?}"`,
    "# This store does not know the condition that forbids overwriting. A version that was overwritten is still there.",
    ...applyPolicy(options),
  ];
}

/** MinIO's buckets have no policies that name users, so each user has its own. */
function minioSteps(options: BucketOptions): string[] {
  const { endpoint, bucket, keepDays, writer, drill } = options;
  const user = (name: string, secret: string) =>
    [
      `mc admin user add backups ${name} "\${${secret}:?}"`,
      `mc admin policy create backups ${name} ${name}.json`,
      `mc admin policy attach backups ${name} --user ${name}`,
    ].join("\n");
  return [
    `mc alias set backups ${endpoint.origin} "\${ADMIN_KEY:?}" "\${ADMIN_SECRET:?}"`,
    `# A lock needs a bucket that was made for it. It brings versions along.\nmc mb --with-lock backups/${bucket}`,
    `mc retention set --default governance ${keepDays}d backups/${bucket}`,
    document("lifecycle.json", lifecycle(options)),
    `mc ilm rule import backups/${bucket} < lifecycle.json`,
    document(`${writer}.json`, writerPolicy(options)),
    user(writer, "WRITER_SECRET"),
    document(`${drill}.json`, drillPolicy(options)),
    user(drill, "DRILL_SECRET"),
  ];
}
