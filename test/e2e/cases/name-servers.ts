import { strict as assert } from "node:assert";
import { isDeepStrictEqual } from "node:util";
import type { Case, E2e } from "../case";
import { serviceImage } from "../images";
import { startPod, type TestPod } from "../pods";

const DNS_NAMESPACE = "kube-system";

export const nameServers: Case = {
  name: "name-servers",
  title:
    "Name servers under NodeLocal DNSCache's label are reached at port 53 by UDP and TCP, other pods beside them are not",
  async run(e2e) {
    const image = serviceImage(e2e);
    const cache = await startServer(e2e, "node-local-dns");
    const other = await startServer(e2e, "e2e-other");
    const asker = await startPod(e2e, { name: "e2e-asker", image, labels: { app: "migrate" } });
    const expected = { cache: ["tcp", "udp"], other: [] };
    let found: Readonly<Record<string, readonly string[]>> = {};
    for (const deadline = Date.now() + SETTLE_MILLISECONDS; Date.now() < deadline; ) {
      found = { cache: await reach(asker, cache.address), other: await reach(asker, other.address) };
      if (isDeepStrictEqual(found, expected)) break;
    }
    e2e.evidence(`a migration's pod reaches: ${JSON.stringify(found)}`);
    assert.deepEqual(found, expected);
    await Promise.all([asker.remove(), cache.remove(), other.remove()]);
  },
};

/** Policies take a moment to reach new pods. */
const SETTLE_MILLISECONDS = 30_000;

/** Sends back what it gets at port 53, as TCP and as UDP, until the pod ends. */
const ECHO = `
const udp = require("dgram").createSocket("udp4");
udp.on("message", (text, { port, address }) => udp.send(text, port, address)).bind(53);
require("net").createServer((socket) => socket.on("error", () => {}).pipe(socket)).listen(53, "0.0.0.0");`;

/** A pod among the cluster's own that listens where a name server does. */
async function startServer(e2e: E2e, label: string) {
  const [name, kubectl] = [`e2e-${label}`, e2e.kubectl.in(DNS_NAMESPACE)];
  const pod = await startPod(e2e, {
    ...{ name, namespace: DNS_NAMESPACE, image: serviceImage(e2e), lowPorts: true },
    labels: { "k8s-app": label },
  });
  const { code, stderr } = await pod.run("sh", "-c", 'node -e "$1" > /dev/null 2>&1 &', "echo", ECHO);
  assert.equal(code, 0, stderr);
  const address = String((await kubectl.get(`pod/${name}`))?.status?.podIP);
  return { address, remove: pod.remove };
}

/** Prints by which protocols something comes back from port 53. */
const ASK = `
const [host] = process.argv.slice(1);
const udp = require("dgram").createSocket("udp4").on("message", () => console.log("udp"));
udp.send("?", 53, host);
const tcp = require("net").connect(53, host, () => tcp.write("?")).on("data", () => console.log("tcp")).on("error", () => {});
setTimeout(() => process.exit(), 2000);`;

async function reach(asker: TestPod, address: string): Promise<readonly string[]> {
  const { stdout } = await asker.run("node", "-e", ASK, address);
  return stdout.split("\n").filter(Boolean).sort();
}
