import { strict as assert } from "node:assert";
import { X509Certificate } from "node:crypto";
import { DATA_SVC, SERVICE_TLS_SECRET, TLS_KEYS } from "../../../lib/contract";
import type { Readiness } from "../../../lib/deploy/readiness";
import type { KeyPair } from "../../../lib/secrets/certificates";
import { issueServer } from "../../../lib/secrets/issue";
import { CERTIFICATE_NAMES, CERTIFICATES } from "../../../lib/secrets/required";
import { tlsNames } from "../../../lib/stages/tls-names";
import type { Case, E2e } from "../case";
import { change, deployedCredentials, running } from "../rotation";
import { assertAllAnswered, startTraffic } from "../traffic";

export const certificate: Case = {
  name: "certificate",
  title:
    "Renewed certificates, of PostgreSQL and of data-svc, are served without a restart and without a failed request",
  async run(e2e) {
    const [as, before] = [await running(e2e), await deployedCredentials(e2e)];
    const traffic = await startTraffic(e2e);
    for (const what of CERTIFICATE_NAMES) {
      const { part } = CERTIFICATES[what];
      const names = tlsNames(e2e.stage, e2e.namespace)[part];
      const renewed = await issueServer(before.tls.authority, names, new Date());
      const after = { ...before, tls: { ...before.tls, [part]: renewed } };
      e2e.evidence(`${what} before ${serial(before.tls[part])}`);
      await change(e2e, what, before, after);
      e2e.evidence(`${what} served now ${serial(renewed)}`);
      await change(e2e, what, after, before);
    }
    await refusedRenewal(e2e);

    await assertAllAnswered(traffic, 200);
    e2e.evidence(await e2e.kubectl.run(["logs", "postgres-0", "--container=reloader", "--tail=3"]));
    e2e.evidence((await running(e2e)).join("\n"));
    assert.deepEqual(await running(e2e), as);
  },
};

const serial = ({ certificate }: KeyPair) => new X509Certificate(certificate).serialNumber;

/** A key that is not the certificate's changes nothing, and data-svc says so. */
async function refusedRenewal(e2e: E2e): Promise<void> {
  const good = await e2e.kubectl.get(`secret/${SERVICE_TLS_SECRET}`);
  const { key } = await issueServer((await deployedCredentials(e2e)).tls.authority, [DATA_SVC.name], new Date());
  const data = { [TLS_KEYS.key]: Buffer.from(key).toString("base64") };
  const patch = (wanted: unknown) =>
    e2e.kubectl.run([
      ...["patch", `secret/${SERVICE_TLS_SECRET}`, "--type=merge", `--patch=${JSON.stringify({ data: wanted })}`],
    ]);
  await patch(data);
  const told = (pattern: RegExp) => async (): Promise<Readiness> => {
    const log = await e2e.kubectl.run(["logs", `--selector=app=${DATA_SVC.name}`, "--tail=200"]);
    const lines = log.split("\n").filter((line) => pattern.test(line));
    if (lines[0]) e2e.evidence(lines[0]);
    return { state: lines.length > 0 ? "ready" : "waiting", detail: "its log says nothing of it" };
  };
  const refused = /The mounted certificate is refused.*|tls\.key is not the key/;
  await e2e.wait({ what: "data-svc to refuse the key", seconds: 180, poll: told(refused) });
  await patch((good as { data?: unknown }).data);
}
