import type { Volume } from "../../imports/k8s";
import type { KubeObject, Outcome } from "../../lib/deploy/kubectl";
import { podTrouble, type Readiness } from "../../lib/deploy/readiness";
import type { E2e } from "./case";

export interface PodProps {
  readonly name: string;
  /** @default busybox, whose small tools try connections */
  readonly image?: string;
  /** What the policies know it by. */
  readonly labels?: Readonly<Record<string, string>>;
  /** @default e2e's own */
  readonly namespace?: string;
  /** ServiceAccount that it runs as, which has to be there. @default the namespace's `default` */
  readonly serviceAccount?: string;
  /** User to run as; undefined leaves it to the image, which must name one that is not root. @default 10100 */
  readonly user?: number | undefined;
  /** Let it listen at ports below 1024. @default false */
  readonly lowPorts?: boolean;
  /** What to mount where, as a pod's specification has it. @default nothing */
  readonly mounts?: Readonly<Record<string, Volume>>;
  /** Whether it may write to its mounts. @default false */
  readonly writable?: boolean;
}

/** A pod that waits for what a test runs in it. */
export interface TestPod {
  /** Runs a program in it, whatever its exit code. */
  run(...command: string[]): Promise<Outcome>;
  /** Runs a shell command in it, whatever its exit code. */
  sh(command: string): Promise<Outcome>;
  remove(): Promise<void>;
}

/** Starts a pod that the restricted Pod Security Standard admits, and waits until it runs. It is removed at the end. */
export async function startPod(e2e: E2e, props: PodProps): Promise<TestPod> {
  const { name, namespace = e2e.namespace } = props;
  const kubectl = e2e.kubectl.in(namespace);
  const deletion = () => kubectl.run(["delete", "pod", name, "--ignore-not-found", "--now"]);
  // A run that kept everything may have left one.
  await deletion();
  const remove = e2e.cleanUp(`pod ${name} in ${namespace}`, deletion);
  await e2e.apply(manifest(props), kubectl);
  const what = `pod/${name}`;
  await e2e.wait({ what, seconds: 120, poll: async () => running(await kubectl.get(what)) });
  const run = (...command: string[]) => kubectl.try(["exec", name, "--", ...command]);
  return { run, sh: (command) => run("sh", "-c", command), remove };
}

/** How often a pod's containers were restarted, all together; 0 for a pod that is gone. */
export function restartsOf(pod: KubeObject | undefined): number {
  const containers = (pod?.status?.containerStatuses ?? []) as readonly { restartCount: number }[];
  return containers.reduce((sum, { restartCount }) => sum + restartCount, 0);
}

function running(pod: Parameters<typeof podTrouble>[0] | undefined): Readiness {
  const phase = String(pod?.status?.phase ?? "unknown");
  if (phase === "Running") return { state: "ready", detail: phase };
  return { state: phase === "Failed" ? "failed" : "waiting", detail: (pod && podTrouble(pod)) ?? phase };
}

function manifest(props: PodProps) {
  const { name, image = "busybox:1.36", labels, mounts = {}, lowPorts = false, writable = false } = props;
  const { serviceAccount } = props;
  const runAsUser = "user" in props ? props.user : 10_100;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels },
    spec: {
      automountServiceAccountToken: false,
      ...(serviceAccount !== undefined && { serviceAccountName: serviceAccount }),
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 1,
      restartPolicy: "Never",
      securityContext: {
        runAsNonRoot: true,
        runAsUser,
        fsGroup: runAsUser,
        ...(lowPorts && { sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }] }),
        seccompProfile: { type: "RuntimeDefault" },
      },
      volumes: Object.values(mounts),
      containers: [
        {
          name: "shell",
          image,
          imagePullPolicy: "IfNotPresent",
          command: ["sleep", "3600"],
          volumeMounts: Object.entries(mounts).map(([mountPath, { name }]) => ({
            name,
            mountPath,
            readOnly: !writable,
          })),
          resources: {
            requests: { cpu: "25m", memory: "32Mi", "ephemeral-storage": "16Mi" },
            // Two loads and who asks them are a Node.js each.
            limits: { cpu: "500m", memory: "256Mi", "ephemeral-storage": "32Mi" },
          },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
        },
      ],
    },
  };
}
