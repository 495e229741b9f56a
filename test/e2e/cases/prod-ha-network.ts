import { strict as assert } from "node:assert";
import { isDeepStrictEqual } from "node:util";
import { DATA_SVC, DATABASE } from "../../../lib/contract";
import type { Outcome } from "../../../lib/deploy/kubectl";
import { letCallersOut, MAY_CALL } from "../callers";
import type { Case, E2e } from "../case";
import { instances } from "../cluster";
import { startPod } from "../pods";

/** Connections that the policies allow, and some that they do not, by who opens them. */
const EXPECTED = {
  "a migration's pod": { "PostgreSQL of an instance": "open", "status of an instance": "refused" },
  "a pod of no policy that may open connections": {
    "PostgreSQL of an instance": "refused",
    "status of an instance": "refused",
  },
  "an instance": {
    "PostgreSQL of another": "open",
    "status of another": "open",
    "the API server": "open",
    "the bucket": "open",
    "data-svc": "refused",
  },
};

export const prodHaNetwork: Case = {
  name: "prod-ha-network",
  title:
    "Instances reach each other, the API server and the bucket, and no data-svc; clients reach PostgreSQL and not the status port; others reach nothing",
  long: true,
  async run(e2e) {
    await letCallersOut(e2e);
    const [first, second] = (await instances(e2e)).map(({ metadata, status }) => ({
      name: metadata.name,
      address: String(status?.podIP),
    }));
    assert.ok(first && second, "there are no two instances");
    const migrate = await startPod(e2e, { name: "e2e-migrate", labels: { app: "migrate" } });
    const loose = await startPod(e2e, { name: "e2e-loose", labels: MAY_CALL });
    const ofInstance = {
      "PostgreSQL of an instance": [second.address, DATABASE.port],
      "status of an instance": [second.address, 8000],
    } as const;
    const nc = (pod: typeof migrate) => (address: string, port: number) => pod.sh(`nc -w 3 ${address} ${port} -e true`);
    const look = async () => ({
      "a migration's pod": await reach(ofInstance, nc(migrate)),
      "a pod of no policy that may open connections": await reach(ofInstance, nc(loose)),
      "an instance": await reach(await targets(e2e, second.address), (address, port) =>
        e2e.kubectl.try([
          ...["exec", first.name, "--container=postgres", "--"],
          ...["sh", "-c", `${BASH} ": < /dev/tcp/${address}/${port}" || nc -w 3 ${address} ${port} -e true`],
        ]),
      ),
    });
    // Policies take a moment to reach new pods.
    let found = await look();
    for (let tries = 0; tries < 10 && !isDeepStrictEqual(found, EXPECTED); tries += 1) found = await look();
    for (const [who, reached] of Object.entries(found)) e2e.evidence(`${who}: ${JSON.stringify(reached)}`);
    assert.deepEqual(found, EXPECTED);
    await Promise.all([migrate.remove(), loose.remove()]);
  },
};

/** CloudNativePG's images have bash and no nc; that of the one-node cluster has nc and no bash. */
const BASH = "command -v bash > /dev/null && timeout 3 bash -c";

type Targets = Readonly<Record<string, readonly [address: string, port: number]>>;

async function reach(to: Targets, connect: (address: string, port: number) => Promise<Outcome>) {
  const answers = Object.entries(to).map(async ([name, [address, port]]) => {
    const { code } = await connect(address, port);
    return [name, code === 0 ? "open" : "refused"] as const;
  });
  return Object.fromEntries(await Promise.all(answers));
}

async function targets(e2e: E2e, other: string): Promise<Targets> {
  const service = (namespace: string, name: string) =>
    e2e.kubectl.in(namespace).run(["get", "service", name, "--output=jsonpath={.spec.clusterIP}"]);
  return {
    "PostgreSQL of another": [other, DATABASE.port],
    "status of another": [other, 8000],
    "the API server": [await service("default", "kubernetes"), 443],
    "the bucket": [await service("s3", "s3"), 7070],
    "data-svc": [await service(e2e.namespace, DATA_SVC.name), DATA_SVC.port],
  };
}
