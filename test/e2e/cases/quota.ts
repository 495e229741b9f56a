import { strict as assert } from "node:assert";
import type { Case, E2e } from "../case";
import { follow, runbook } from "../runbook";

const NAME = "e2e-greedy";

export const quota: Case = {
  name: "quota",
  title: "A pod that the quota has no room for is refused, and the events that the runbook shows say by which amount",
  async run(e2e) {
    const remove = e2e.cleanUp(`deployment ${NAME}`, () =>
      e2e.kubectl.run(["delete", "deployment", NAME, "--ignore-not-found"]),
    );
    await e2e.apply(greedy(e2e));
    await e2e.wait({
      what: "the quota to refuse",
      seconds: 60,
      async poll() {
        const events = await e2e.kubectl.run(["get", "events", "--field-selector=reason=FailedCreate"]);
        return { state: events.includes(NAME) ? "ready" : "waiting", detail: "not yet" };
      },
    });
    const [show = ""] = await runbook(e2e, "Pod pending");
    const { stdout } = await follow(e2e, show);
    assert.match(stdout, new RegExp(`${NAME}.*exceeded quota: \\S+, requested: .*limits.cpu=`));
    await remove();
  },
};

/** One pod whose containers, each as large as one may be, exceed the quota together. */
function greedy({ stage: { limits } }: E2e) {
  const { cpu } = limits.container.max;
  const count = Math.floor(Number(limits.quota.limits.cpu) / Number(cpu)) + 1;
  const resources = {
    requests: { cpu: "10m", memory: "16Mi", "ephemeral-storage": "8Mi" },
    limits: { cpu, memory: "16Mi", "ephemeral-storage": "8Mi" },
  };
  const labels = { app: NAME };
  const containers = Array.from({ length: count }, (_, index) => ({
    ...{ name: `c${index}`, image: "busybox:1.36", command: ["sleep", "60"], resources },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
  }));
  const securityContext = { runAsNonRoot: true, runAsUser: 10_100, seccompProfile: { type: "RuntimeDefault" } };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: NAME },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { automountServiceAccountToken: false, securityContext, containers } },
    },
  };
}
