import { type BucketOptions, bucketDocuments } from "../../../lib/backup";
import { askS3, type S3Keys, type S3Request } from "./ask";

/** Makes a bucket as the script does that `backup bucket --for versity` prints. Its users have to be there. */
export async function makeLockedBucket(options: BucketOptions, administrator: S3Keys): Promise<void> {
  const { policy, objectLock } = bucketDocuments(options);
  const { Mode, Days } = objectLock.Rule.DefaultRetention;
  const lock = `<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>${Mode}</Mode><Days>${Days}</Days></DefaultRetention></Rule></ObjectLockConfiguration>`;
  const put = async (query: string, request: Omit<S3Request, "method">) => {
    const url = `${options.endpoint.origin}/${options.bucket}${query}`;
    const { status, bytes } = await askS3(url, administrator, { ...request, method: "PUT" });
    if (status >= 300) throw new Error(`The bucket was not made: PUT ${query} got ${status}: ${bytes}`);
  };
  await put("", { headers: { "x-amz-bucket-object-lock-enabled": "true" } });
  await put("?object-lock", { body: lock });
  await put("?policy", { body: JSON.stringify(policy) });
}
