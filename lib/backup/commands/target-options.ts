import { UsageError } from "../../common/command-line";
import { openTarget } from "../store/open";
import type { Store } from "../store/store";
import { parseTarget, TARGET_FORMS } from "../target";
import type { Context } from "./command";

/** Options of every command that uses a store. */
export const TARGET_OPTIONS = {
  target: {
    type: "string",
    placeholder: "TARGET",
    help: `The place of the backups: ${TARGET_FORMS}.\nBy default it is BACKUP_TARGET of the environment.`,
  },
  region: { type: "string", placeholder: "REGION", help: "Region of the bucket. By default AWS_REGION, or us-east-1." },
} as const;

export const STORE_NOTES = `S3 keys are the files access-key-id and secret-access-key in STORE_DIR, /etc/diabrisk/store by default;
or AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN of the environment, which come first.
NODE_EXTRA_CA_CERTS names the certificates of a private authority.
Exit codes: 0 done, 1 failed, 2 wrong arguments or settings, 8 stopped by a signal.`;

interface Given {
  readonly target: string | undefined;
  readonly region: string | undefined;
}

/** Opens the store that the options name. @throws UsageError */
export function storeOf({ target, region }: Given, { environment, now }: Context): Store {
  const text = target ?? environment.BACKUP_TARGET;
  if (!text) throw new UsageError([`No target is named. --target takes ${TARGET_FORMS}.`]);
  const parsed = parseTarget(text);
  if ("problem" in parsed) throw new UsageError([parsed.problem]);
  return openTarget(parsed, { region: region ?? environment.AWS_REGION, environment, now });
}
