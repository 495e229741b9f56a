import { strict as assert } from "node:assert";
import { X509Certificate } from "node:crypto";
import { serverNames } from "../../../lib/postgres/identity";
import type { ServerTls } from "../../../lib/secrets/certificates";
import { issueServer } from "../../../lib/secrets/issue";
import type { Case } from "../case";
import { change, deployedCredentials, running } from "../rotation";
import { assertAllAnswered, startTraffic } from "../traffic";

export const certificate: Case = {
  name: "certificate",
  title: "A renewed certificate is served without a restart, and data-svc goes on",
  async run(e2e) {
    const [as, before] = [await running(e2e), await deployedCredentials(e2e)];
    const traffic = await startTraffic(e2e);
    const server = await issueServer(before.tls.authority, serverNames(e2e.namespace), new Date());
    const after = { ...before, tls: { ...before.tls, server } };
    e2e.evidence(`certificate before ${serial(before.tls)}`);
    await change(e2e, "tls", before, after);
    e2e.evidence(`certificate served now ${serial(after.tls)}`);
    await change(e2e, "tls", after, before);

    await assertAllAnswered(traffic, 200);
    e2e.evidence(await e2e.kubectl.run(["logs", "postgres-0", "--container=reloader", "--tail=3"]));
    e2e.evidence((await running(e2e)).join("\n"));
    assert.deepEqual(await running(e2e), as);
  },
};

const serial = ({ server }: ServerTls) => new X509Certificate(server.certificate).serialNumber;
