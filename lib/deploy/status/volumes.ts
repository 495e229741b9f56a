import { type Finding, STATES } from "../../status/document";
import { volumeOf } from "../../status/volume";
import { oneLine } from "../../status/wording";
import type { Claim } from "../claims";
import type { Kubectl, KubeObject } from "../kubectl";

interface PodSpec {
  readonly volumes?: readonly {
    readonly name: string;
    readonly persistentVolumeClaim?: { readonly claimName: string };
  }[];
  readonly containers?: readonly {
    readonly name: string;
    readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  }[];
}

/** A claim's volume, where the server's container has it. */
interface Mounted {
  readonly pod: string;
  readonly claim: string;
  readonly path: string;
}

/** Judges how full the volumes of all these servers are. The fullest one tells for all. */
export async function volumesFinding(pods: readonly KubeObject[], kubectl: Kubectl): Promise<Finding> {
  const mounted = pods.flatMap(mountedIn);
  const findings = await Promise.all(mounted.map((each) => volumeFinding(each, kubectl)));
  const [worst] = findings.toSorted(byUrgency);
  if (!worst) return { state: "unknown", text: "No pod of the database has a volume." };
  return { ...worst, details: findings.length > 1 ? findings.map(({ text }) => text) : [] };
}

const used = ({ values }: Finding) => Number(values?.used ?? 0);
const byUrgency = (one: Finding, other: Finding) =>
  STATES.indexOf(one.state) - STATES.indexOf(other.state) || used(other) - used(one);

function mountedIn({ metadata, spec }: KubeObject): readonly Mounted[] {
  const { volumes = [], containers = [] } = (spec ?? {}) as PodSpec;
  const mounts = containers.find(({ name }) => name === "postgres")?.volumeMounts ?? [];
  return volumes.flatMap(({ name, persistentVolumeClaim: claim }) => {
    const path = mounts.find((mount) => mount.name === name)?.mountPath;
    return claim && path ? [{ pod: metadata.name, claim: claim.claimName, path }] : [];
  });
}

async function volumeFinding({ pod, claim, path }: Mounted, kubectl: Kubectl): Promise<Finding> {
  const [measured, size] = await Promise.all([measure(pod, path, kubectl), sizeOfClaim(claim, kubectl)]);
  if (typeof measured === "string") return { state: "unknown", text: `${claim} could not be asked: ${measured}` };
  const { text, values, ...finding } = volumeOf({ name: claim, ...measured });
  return { ...finding, text: `${text} ${size}`, values: { ...values, claim } };
}

/** Measures a file system in a pod, or returns the reason why not: one that is silent hides no other. */
async function measure(pod: string, path: string, kubectl: Kubectl) {
  const df = ["exec", pod, "--container=postgres", "--", "df", "-P", "-k", path];
  const { stdout, stderr } = await kubectl.try(df).catch(({ message }: Error) => ({ stdout: "", stderr: message }));
  const [, blocks, used] = /^.+\s(\d+)\s+(\d+)\s+\d+\s+\d+%\s/m.exec(stdout) ?? [];
  if (blocks === undefined || used === undefined) return oneLine(stderr || stdout);
  return { bytes: Number(blocks) * 1024, used: Number(used) * 1024 };
}

/** Without the right to read claims, how full the volume is can be told all the same. */
async function sizeOfClaim(name: string, kubectl: Kubectl): Promise<string> {
  try {
    const claim = (await kubectl.get(`persistentvolumeclaim/${name}`)) as Claim | undefined;
    return claim === undefined
      ? "The claim is gone."
      : `The claim has ${claim.status.capacity?.storage ?? "no size yet"}.`;
  } catch {
    return "The claim itself could not be read.";
  }
}
