import { strict as assert } from "node:assert";
import { PATHS } from "../../../lib/contract";
import { look } from "../../../lib/deploy/look";
import type { Case, E2e } from "../case";
import { deployFiles, describePods, servicePods, settle, standOnThisRelease } from "../deployments";
import { assertAllAnswered, startTraffic } from "../traffic";

/** Two keys that cannot stand, and one that nobody knows. */
const GARBAGE = "services: 7\nsession: {lifetimeSeconds: soon}\nlogLevle: loud\n";

export const configPoisoned: Case = {
  name: "config-poisoned",
  title: "With garbage in app-config new pods of data-svc refuse to start and say why, and the running ones serve",
  async run(e2e) {
    await standOnThisRelease(e2e);
    const pods = await describePods(e2e);
    const traffic = await startTraffic(e2e);

    await poison(e2e, GARBAGE);
    await e2e.type("kubectl rollout restart deployment/data-svc");
    const trouble = await refusal(e2e);
    assert.match(trouble, /CrashLoopBackOff|ended with exit code 1/);
    const { code, stdout, stderr } = await e2e.kubectl.try([
      ...["rollout", "status", "deployment/data-svc", "--timeout=10s"],
    ]);
    e2e.evidence(`$ kubectl rollout status deployment/data-svc --timeout=10s\n${stdout}${stderr}`);
    assert.notEqual(code, 0);
    const after = await describePods(e2e);
    e2e.evidence(after.join("\n"));
    assert.deepEqual(
      after.filter((pod) => pods.includes(pod)),
      pods,
      "the pods that ran are not what they were",
    );

    await deployFiles(e2e, e2e.files);
    await settle(e2e);
    e2e.evidence(`after deploying again:\n${(await describePods(e2e)).join("\n")}`);
    await assertAllAnswered(traffic, 500);
  },
};

async function poison({ kubectl }: E2e, text: string): Promise<void> {
  const file = PATHS.config.slice(PATHS.config.lastIndexOf("/") + 1);
  const patch = JSON.stringify({ data: { [file]: text } });
  await kubectl.run(["patch", "configmap", "app-config", "--type=merge", `--patch=${patch}`]);
}

/** Waits until the new pod has refused to start, and returns what deploy's progress says of it. Its log says the rest. */
async function refusal(e2e: E2e): Promise<string> {
  let detail = "";
  await e2e.wait({
    what: "the new pod to refuse",
    seconds: 120,
    async poll() {
      ({ detail } = await look("deployment/data-svc", e2e.kubectl));
      return { state: /CrashLoopBackOff|exit code/.test(detail) ? "ready" : "waiting", detail };
    },
  });
  const pods = await servicePods(e2e);
  const newest = pods.toSorted((a, b) =>
    (a.metadata.creationTimestamp ?? "").localeCompare(b.metadata.creationTimestamp ?? ""),
  );
  const { stdout: log } = await e2e.type(`kubectl logs ${newest.at(-1)?.metadata.name} --tail=1`);
  for (const expected of [/services: /, /session\.lifetimeSeconds: /, /session\.idleTimeoutSeconds: /, /logLevle: /]) {
    assert.match(log, expected);
  }
  assert.match(log, /Correct app-config and roll out again/);
  return detail;
}
