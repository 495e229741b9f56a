import { type BucketOptions, bucketArn, objectsArn } from "./options";

interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: unknown;
  readonly Action: readonly string[];
  readonly Resource: string;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

export interface Policy {
  readonly Version: "2012-10-17";
  readonly Statement: readonly Statement[];
}

/** The bucket's policy: what the two users may, and what nobody may. Lifecycle rules are no user, so they may delete. */
export function bucketPolicy(options: BucketOptions): Policy {
  const statements = [
    ...writerStatements(options).map((statement) => ({ ...statement, Principal: principal(options, options.writer) })),
    ...drillStatements(options).map((statement) => ({ ...statement, Principal: principal(options, options.drill) })),
    ...denials(options).map((statement) => ({ ...statement, Principal: "*" })),
  ];
  return { Version: "2012-10-17", Statement: statements };
}

/** The same rights as a user's own policies, for a store whose buckets have none that name users. */
export const writerPolicy = (options: BucketOptions) => userPolicy(options, writerStatements(options));
export const drillPolicy = (options: BucketOptions) => userPolicy(options, drillStatements(options));

const userPolicy = (options: BucketOptions, statements: readonly Statement[]): Policy => ({
  Version: "2012-10-17",
  Statement: [...statements, ...denials(options)],
});

/** Abort only frees parts of an upload whose id one knows, and nobody may list those. */
function writerStatements(options: BucketOptions): Statement[] {
  return [
    {
      Sid: "WriterPuts",
      Effect: "Allow",
      Action: ["s3:PutObject", "s3:AbortMultipartUpload"],
      Resource: objectsArn(options),
    },
    listing("WriterLists", options),
  ];
}

function drillStatements(options: BucketOptions): Statement[] {
  return [
    { Sid: "DrillGets", Effect: "Allow", Action: ["s3:GetObject"], Resource: objectsArn(options) },
    {
      Sid: "DrillPutsResults",
      Effect: "Allow",
      Action: ["s3:PutObject"],
      Resource: objectsArn(options, "*/drill-*.json"),
    },
    listing("DrillLists", options),
  ];
}

const listing = (Sid: string, options: BucketOptions): Statement => ({
  Sid,
  Effect: "Allow",
  Action: ["s3:ListBucket"],
  Resource: bucketArn(options),
  ...(options.prefix && { Condition: { StringLike: { "s3:prefix": [`${options.prefix}/*`] } } }),
});

function denials(options: BucketOptions): Statement[] {
  return [
    {
      Sid: "NobodyDeletes",
      Effect: "Deny",
      Action: ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention", "s3:PutObjectRetention"],
      Resource: objectsArn(options),
    },
    ...(options.kind === "aws" ? [noOverwriting(options)] : []),
    ...(options.endpoint.protocol === "https:" && options.kind !== "minio" ? [onlyTls(options)] : []),
  ];
}

/** Only AWS has the condition. It leaves out the requests of an upload in parts, but for the last one. */
const noOverwriting = (options: BucketOptions): Statement => ({
  Sid: "NobodyOverwrites",
  Effect: "Deny",
  Action: ["s3:PutObject"],
  Resource: objectsArn(options),
  Condition: { Null: { "s3:if-none-match": "true" }, Bool: { "s3:ObjectCreationOperation": "true" } },
});

const onlyTls = (options: BucketOptions): Statement => ({
  Sid: "NobodyWithoutTls",
  Effect: "Deny",
  Action: ["s3:GetObject", "s3:PutObject"],
  Resource: objectsArn(options),
  Condition: { Bool: { "aws:SecureTransport": "false" } },
});

function principal({ kind, account }: BucketOptions, user: string) {
  return { AWS: kind === "aws" && account ? `arn:aws:iam::${account}:user/${user}` : user };
}
