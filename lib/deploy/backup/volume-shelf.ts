import { randomBytes } from "node:crypto";
import { Size } from "cdk8s";
import { toJson_PodSpec } from "../../../imports/k8s";
import { type Listed, manifestKey, parseManifest } from "../../backup";
import { scratch, secureContainer, securePod } from "../../constructs/pod-defaults";
import { BACKUP, PATHS } from "../../contract";
import type { Image, Resources } from "../../stages/stage";
import type { Kubectl } from "../kubectl";
import { isUnready, podTrouble } from "../readiness";
import { type WaitContext, waitFor } from "../waiting";
import type { Shelf } from "./shelf";

export interface VolumeOptions extends WaitContext {
  readonly kubectl: Kubectl;
  /** Image of this package's programs. */
  readonly image: Image;
  readonly resources: Resources;
}

/** `app` label of the reading pod. No policy selects it, so it has no network at all. */
const APP = "backup-reader";
/** User of the backup pods, who may read their files. */
const UID = 10_001;
const PATIENCE_SECONDS = 300;
/** A pod that was left behind ends by itself. */
const LONGEST_SECONDS = 24 * 3600;

/** Reads a volume of the cluster through a pod that mounts it read-only and ends with `close`. */
export async function volumeShelf(options: VolumeOptions): Promise<Shelf> {
  const { kubectl } = options;
  const name = await startReader(options);
  const run = (...command: readonly string[]) =>
    kubectl.run(["exec", name, "--", ...command], { seconds: LONGEST_SECONDS });
  const target = `--target=volume:${PATHS.backups}`;
  return {
    name: `claim ${BACKUP.claim}`,
    async list() {
      const lines = (await run("backup", "list", target, "--json")).split("\n").filter(Boolean);
      return lines.map((line) => JSON.parse(line) as Listed);
    },
    async manifest(id) {
      const key = manifestKey(id);
      return parseManifest(await run("cat", `${PATHS.backups}/${key}`), `${key} of claim ${BACKUP.claim}`);
    },
    verify: async (id) => (await run("backup", "verify", id, target)).trim(),
    async close() {
      await kubectl.run(["delete", "pod", name, "--ignore-not-found", "--now", "--wait=false"]);
    },
  };
}

async function startReader(options: VolumeOptions): Promise<string> {
  const { kubectl } = options;
  const manifest = readerPod(options);
  const { name } = manifest.metadata;
  await kubectl.run(["create", "--filename=-"], { input: JSON.stringify(manifest) });
  const poll = async () => {
    const pod = await kubectl.get(`pod/${name}`);
    if (pod && pod.status?.phase === "Running" && !isUnready(pod)) return { state: "ready", detail: "" } as const;
    const detail = (pod && podTrouble(pod)) ?? `phase ${pod?.status?.phase ?? "unknown"}`;
    return { state: pod?.status?.phase === "Failed" ? "failed" : "waiting", detail } as const;
  };
  try {
    await waitFor({ what: `pod/${name}, which reads the backups`, seconds: PATIENCE_SECONDS, poll }, options);
  } catch (error) {
    await kubectl.run(["delete", "pod", name, "--ignore-not-found", "--now", "--wait=false"]);
    throw error;
  }
  return name;
}

function readerPod({ image, resources }: VolumeOptions) {
  const spec = securePod({
    serviceAccountName: BACKUP.name,
    uid: UID,
    restartPolicy: "Never",
    activeDeadlineSeconds: LONGEST_SECONDS,
    terminationGracePeriodSeconds: 1,
    containers: [
      secureContainer({
        name: "reader",
        image,
        resources,
        uid: UID,
        command: ["sleep", String(LONGEST_SECONDS)],
        volumeMounts: [
          { name: "backups", mountPath: PATHS.backups, readOnly: true },
          { name: "tmp", mountPath: "/tmp" },
        ],
      }),
    ],
    volumes: [
      { name: "backups", persistentVolumeClaim: { claimName: BACKUP.claim, readOnly: true } },
      scratch("tmp", Size.mebibytes(8)),
    ],
  });
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `${APP}-${randomBytes(3).toString("hex")}`, labels: { app: APP } },
    spec: toJson_PodSpec(spec),
  };
}
