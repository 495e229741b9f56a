import type { E2e } from "./case";

const ZONES = "/usr/share/zoneinfo";
const NAME = "kube-state-metrics";

/**
 * Gives the one-node cluster's kube-state-metrics the node's time zones. Its published image has them; the one that is built there has
 * none, and ends at the first CronJob with a time zone.
 */
export async function giveTimeZones(e2e: E2e): Promise<void> {
  const kubectl = e2e.kubectl.in("monitoring");
  await e2e.wait({
    what: `${NAME} to be there`,
    seconds: 120,
    poll: async () => {
      const found = await kubectl.get(`deployment/${NAME}`);
      return { state: found ? "ready" : "waiting", detail: "not applied yet" };
    },
  });
  const spec = {
    volumes: [{ name: "zones", hostPath: { path: ZONES } }],
    containers: [{ name: NAME, volumeMounts: [{ name: "zones", mountPath: ZONES, readOnly: true }] }],
  };
  await kubectl.run(["patch", "deployment", NAME, `--patch=${JSON.stringify({ spec: { template: { spec } } })}`]);
}
