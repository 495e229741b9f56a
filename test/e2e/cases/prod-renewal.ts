import { strict as assert } from "node:assert";
import { X509Certificate } from "node:crypto";
import { TLS_SECRET } from "../../../lib/contract";
import type { Logins } from "../../../lib/deploy/rotate";
import type { Case, E2e } from "../case";
import { credentialsInCluster, endIdleSessions, running, untilFollowed } from "../rotation";
import { assertAllAnswered, startTraffic } from "../traffic";

export const prodRenewal: Case = {
  name: "prod-renewal",
  title: "A certificate that cert-manager renews is served without a restart and without a failed request",
  async run(e2e) {
    const [as, before] = [await running(e2e), await credentialsInCluster(e2e)];
    const traffic = await startTraffic(e2e);
    e2e.evidence(`certificate before ${serial(before)}`);
    await renew(e2e);
    const after = await renewed(e2e, before);
    const seconds = await untilFollowed(e2e, "tls", before, after);
    e2e.evidence(`certificate served now ${serial(after)}`);
    e2e.figure("seconds from the renewed Secret to its certificate being served", Math.ceil(seconds));
    await endIdleSessions(e2e);

    await assertAllAnswered(traffic, 200);
    e2e.evidence((await running(e2e)).join("\n"));
    assert.deepEqual(await running(e2e), as);
  },
};

const serial = ({ tls }: Logins) => new X509Certificate(tls.server.certificate).serialNumber;

/** As `cmctl renew` does: a condition in the status asks for another certificate. */
async function renew({ kubectl }: E2e): Promise<void> {
  const certificate = (await kubectl.get(`certificate/${TLS_SECRET}`)) ?? assert.fail(`there is no ${TLS_SECRET}`);
  const conditions = (certificate.status?.conditions ?? []) as readonly { readonly type: string }[];
  const issuing = {
    type: "Issuing",
    status: "True",
    reason: "ManuallyTriggered",
    message: "Certificate re-issuance manually triggered",
    lastTransitionTime: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
    observedGeneration: certificate.metadata.generation,
  };
  const status = { conditions: [...conditions.filter(({ type }) => type !== issuing.type), issuing] };
  const patch = ["patch", "certificate", TLS_SECRET, "--subresource=status", "--type=merge"];
  await kubectl.run([...patch, `--patch=${JSON.stringify({ status })}`]);
}

/** Waits for another certificate in the Secret. */
async function renewed(e2e: E2e, before: Logins): Promise<Logins> {
  let after = before;
  await e2e.wait({
    what: "cert-manager to renew the certificate",
    seconds: 60,
    async poll() {
      after = await credentialsInCluster(e2e);
      return { state: serial(after) === serial(before) ? "waiting" : "ready", detail: `still ${serial(after)}` };
    },
  });
  return after;
}
