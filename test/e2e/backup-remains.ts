import { strict as assert } from "node:assert";
import { BACKUP, PATHS } from "../../lib/contract";
import type { E2e } from "./case";
import { serviceImage } from "./images";
import { startPod, type TestPod } from "./pods";

/**
 * Marks the lower of the backups that appear from now on as passed by a drill, and any other as not. The loop is a
 * command of its own: in the background as the end of a list, all of the list holds the caller's output open.
 */
const KEEP_LOWER = `cd "$0" && known=$(ls) && touch .keep || exit
while [ -e .keep ]; do
  lower=
  for id in $(ls); do
    case " $(echo $known) " in *" $id "*) continue ;; esac
    if [ -z "$lower" ]; then lower=$id; echo '{"result":"passed"}' > "$id/drill-20000101T000000Z.json"
    else rm -f "$id"/drill-*.json; fi
  done
  sleep 0.1
done > /dev/null 2>&1 &`;

/**
 * Has retention keep two backups of one day: the newest, and the one before it, as the newest that a drill has passed.
 * Returns what ends it.
 */
export async function keepLower(store: TestPod): Promise<() => Promise<void>> {
  const { code, stderr } = await store.run("sh", "-c", KEEP_LOWER, PATHS.backups);
  assert.equal(code, 0, stderr);
  return async () => {
    await store.sh(`rm ${PATHS.backups}/.keep; sleep 1`);
  };
}

/** A file on the volume of a backup pod that has ended. */
export interface Remains {
  readonly file: string;
  /** Phase of the pod. */
  readonly phase: string;
}

/** Lists the files on the volumes of backup pods. Each has its own claim, which goes with it. @throws AssertionError */
export async function filesOfPods(e2e: E2e): Promise<readonly Remains[]> {
  const pods = await e2e.kubectl.list("pods", `app=${BACKUP.name}`);
  const phases = new Map(pods.map(({ metadata, status }) => [claimOf(metadata.name), String(status?.phase)]));
  const claims = await claimsOfPods(e2e);
  assert.deepEqual(claims, [...phases.keys()].sort(), "there are claims of other pods than there are");
  const volumes = claims.map((claimName, n) => [
    `/work/${claimName}`,
    { name: `work-${n}`, persistentVolumeClaim: { claimName } },
  ]);
  const image = serviceImage(e2e);
  const reader = await startPod(e2e, { name: "work", image, user: 10_001, mounts: Object.fromEntries(volumes) });
  const { code, stdout, stderr } = await reader.sh("find /work -type f");
  await reader.remove();
  assert.equal(code, 0, stderr);
  const files = stdout.split("\n").filter(Boolean);
  e2e.evidence(`pods: ${[...phases].map((one) => one.join(" ")).join(", ")}\nfiles: ${files.join(", ") || "none"}`);
  return files.map((file) => ({ file, phase: phases.get(file.split("/")[2] ?? "") ?? "" }));
}

/** The claims of backup pods. */
export async function claimsOfPods({ kubectl }: E2e): Promise<readonly string[]> {
  const claims = await kubectl.list("persistentvolumeclaims");
  return claims
    .map(({ metadata }) => metadata.name)
    .filter((name) => name.endsWith(WORK))
    .sort();
}

const WORK = "-work";
const claimOf = (pod: string) => `${pod}${WORK}`;
