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
  const df = ["exec", pod, "--container=postgres", "--", "df", "-P", "-k", path];
  const [{ stdout, stderr }, size] = await Promise.all([kubectl.try(df), sizeOfClaim(claim, kubectl)]);
  const numbers = /^.+\s(\d+)\s+(\d+)\s+\d+\s+\d+%\s/m.exec(stdout);
  if (!numbers) return { state: "unknown", text: `${claim} could not be asked: ${oneLine(stderr || stdout)}` };
  const [bytes, used] = [Number(numbers[1]) * 1024, Number(numbers[2]) * 1024];
  const { text, values, ...finding } = volumeOf({ name: claim, bytes, used });
  return { ...finding, text: `${text} ${size}`, values: { ...values, claim } };
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
