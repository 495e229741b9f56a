import { find } from "../../lib/deploy/manifests";
import { podTrouble } from "../../lib/deploy/readiness";
import type { E2e } from "./case";

const NAME = "e2e-stock";

export interface StockServer {
  /** kubectl's arguments that run the shell script which follows. */
  readonly exec: readonly string[];
  /** What became of its container, for a person. */
  state(): Promise<string>;
  remove(): Promise<void>;
}

/** A server of the stage's image within the stage's limits, with the settings that the image brings, to compare ours with. */
export async function startStockServer(e2e: E2e): Promise<StockServer> {
  const { kubectl } = e2e;
  const deletion = () => kubectl.run(["delete", "pod", NAME, "--ignore-not-found", "--now"]);
  await deletion();
  const remove = e2e.cleanUp(`pod ${NAME}`, deletion);
  await e2e.apply(manifest(e2e));
  const exec = ["exec", NAME, "--", "sh", "-c"];
  await e2e.wait({
    what: `pod/${NAME}`,
    seconds: 120,
    async poll() {
      const { code } = await kubectl.try([...exec, "pg_isready -q -h 127.0.0.1 -U diabrisk"]);
      const pod = await kubectl.get(`pod/${NAME}`);
      return { state: code === 0 ? "ready" : "waiting", detail: (pod && podTrouble(pod)) ?? "starting" };
    },
  });
  const state = async () => JSON.stringify((await kubectl.get(`pod/${NAME}`))?.status?.containerStatuses);
  return { exec, state: async () => summary(await state()), remove };
}

const summary = (statuses: string) =>
  statuses
    .match(/"(?:restartCount":\d+|reason":"\w+"|exitCode":\d+)/g)
    ?.join(", ")
    .replaceAll('"', "") ?? "";

function manifest({ files }: E2e) {
  const { spec } = find(files, "StatefulSet", "postgres") as unknown as { spec: { template: { spec: PodSpec } } };
  const pod = spec.template.spec;
  const container = pod.containers.find(({ name }) => name === "postgres");
  const { image, imagePullPolicy, securityContext } = container ?? {};
  // What it asks for counts against a small node; what it may use is as ours.
  const resources = { ...container?.resources, requests: { cpu: "50m", memory: "64Mi", "ephemeral-storage": "16Mi" } };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: NAME },
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 5,
      securityContext: pod.securityContext,
      containers: [
        {
          ...{ name: "postgres", image, imagePullPolicy, resources, securityContext },
          // Nothing reaches it but what runs beside it.
          env: [
            { name: "POSTGRES_USER", value: "diabrisk" },
            { name: "POSTGRES_HOST_AUTH_METHOD", value: "trust" },
            { name: "PGDATA", value: "/data/pgdata" },
          ],
          volumeMounts: ["data", "run", "tmp"].map((name) => ({ name, mountPath: MOUNTS[name] })),
        },
      ],
      volumes: [
        { name: "run", emptyDir: {} },
        { name: "tmp", emptyDir: {} },
        { name: "data", ephemeral: { volumeClaimTemplate: { spec: CLAIM } } },
      ],
    },
  };
}

const MOUNTS: Readonly<Record<string, string>> = { data: "/data", run: "/var/run/postgresql", tmp: "/tmp" };
const CLAIM = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "10Gi" } } };

interface PodSpec {
  readonly securityContext: object;
  readonly containers: readonly {
    readonly name: string;
    readonly image: string;
    readonly imagePullPolicy: string;
    readonly resources: object;
    readonly securityContext: object;
  }[];
}
