import { checkPeers } from "./check-names";
import type { BucketPlace, Stage } from "./stage";

/** Refuses a place in a bucket that S3 does not have. `field` names its setting. */
export function checkBucket(field: string, name: Stage["name"], place: BucketPlace): string[] {
  const { endpoint, region, bucket, prefix, network } = place;
  const problems = checkEndpoint(field, name, endpoint);
  if (!/^[a-z0-9][a-z0-9-]*$/.test(region)) {
    problems.push(
      `${field}.region is "${region}". Write it like "eu-central-1"; most servers of your own take "us-east-1".`,
    );
  }
  if (!/^(?!xn--|.*-s3alias$)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(bucket)) {
    problems.push(
      `${field}.bucket is "${bucket}", which S3 refuses as a name, or a certificate does not cover. Use 3 to 63 lower-case ` +
        "letters, digits and hyphens, beginning and ending with a letter or digit.",
    );
  }
  if (!/^[\w-]+(?:\/[\w-]+)*$/.test(prefix)) {
    problems.push(
      `${field}.prefix is "${prefix}". Write names of letters, digits, "_" and "-" with a slash between two, like "diabrisk/${name}".`,
    );
  }
  if (network.length === 0) {
    problems.push(`${field}.network names no server, and a rule without peers means everybody. Name one.`);
  }
  return [...problems, ...checkPeers(`${field}.network`, network)];
}

/** Whether two places are in one bucket. Amazon has several names for each of its servers, and one set of names of buckets. */
export const isSameBucket = (one: BucketPlace, other: BucketPlace) =>
  one.bucket === other.bucket && storeOf(one) === storeOf(other);

function storeOf({ endpoint }: BucketPlace): string {
  const host = URL.canParse(endpoint) ? new URL(endpoint).host : endpoint;
  return /(^|\.)amazonaws\.com(\.cn)?$/.test(host) ? "amazonaws.com" : host;
}

function checkEndpoint(field: string, name: Stage["name"], endpoint: string): string[] {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.origin !== endpoint) {
    return [
      `${field}.endpoint is "${endpoint}", which is no http(s) URL of a server alone. Write it like ` +
        '"https://s3.eu-central-1.amazonaws.com", without a path.',
    ];
  }
  if (name === "dev" || url.protocol === "https:") return [];
  return [
    `${field}.endpoint is "${endpoint}", over which anybody on the way could forge answers. Outside dev set one that begins with https.`,
  ];
}
