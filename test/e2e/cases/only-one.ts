import { strict as assert } from "node:assert";
import type { Case, E2e } from "../case";
import { servicePods } from "../server";

export const onlyOne: Case = {
  name: "only-one",
  title: "Scaled to two, the second pod refuses to start and says why and how to go back; the first alone serves",
  async run(e2e) {
    const [server, services] = [await podIdentity(e2e), await servicePods(e2e)];
    await e2e.type(`kubectl scale statefulset postgres --replicas=2`);
    try {
      await refuses(e2e);
    } finally {
      // The cases after it need one database.
      await e2e.kubectl.run(["scale", "statefulset/postgres", "--replicas=1"]);
      await e2e.kubectl.run(["delete", "pvc", "data-postgres-1", "--ignore-not-found", "--wait=false"]);
    }
    assert.deepEqual([await podIdentity(e2e), await servicePods(e2e)], [server, services], "something was restarted");
  },
};

/** The second pod says why it does not start, and the way back that it names is one. */
async function refuses(e2e: E2e): Promise<void> {
  let log = "";
  await e2e.wait({
    what: "postgres-1 to refuse",
    seconds: 60,
    async poll() {
      log = (await e2e.kubectl.try(["logs", "postgres-1", "--container=postgres"])).stdout;
      return { state: log.includes("FATAL") ? "ready" : "waiting", detail: "it has said nothing yet" };
    },
  });
  e2e.evidence(log);
  assert.match(log, /FATAL: postgres-1 does not start: it would be a second, empty database beside postgres-0/);
  const slices = ["get", "endpointslices", "--output=jsonpath={.items[*].endpoints[*].targetRef.name}"];
  const pods = await e2e.kubectl.run([...slices, "--selector=kubernetes.io/service-name=postgres"]);
  e2e.evidence(`behind Service postgres: ${pods}`);
  assert.equal(pods, "postgres-0");

  const back = /Go back: (?<scale>kubectl .*?); (?<drop>kubectl .*?) \(/.exec(log)?.groups;
  assert.ok(back?.scale && back.drop, "the log has no way back");
  await e2e.type(back.scale);
  await e2e.kubectl.run(["wait", "--for=delete", "pod/postgres-1", "--timeout=60s"]);
  await e2e.type(back.drop);
}

/** Distinguishes postgres-0 from another pod of that name, and from itself after a restart. */
const podIdentity = ({ kubectl }: E2e) =>
  kubectl.run([
    "get",
    "pod/postgres-0",
    "--output=jsonpath={.metadata.uid} {.status.phase} {.status.containerStatuses[*].restartCount}",
  ]);
