import { strict as assert } from "node:assert";
import { X509Certificate } from "node:crypto";
import type { Logins } from "../../../lib/deploy/rotate";
import { CERTIFICATE_NAMES, CERTIFICATES, type CertificateName, secretOf } from "../../../lib/secrets/required";
import type { Case, E2e } from "../case";
import { credentialsInCluster, endIdleSessions, running, untilFollowed } from "../rotation";
import { assertAllAnswered, startTraffic } from "../traffic";

export const prodRenewal: Case = {
  name: "prod-renewal",
  title:
    "Certificates that cert-manager renews, PostgreSQL's and data-svc's, are served without a restart and without a failed request",
  async run(e2e) {
    const as = await running(e2e);
    const traffic = await startTraffic(e2e);
    for (const what of CERTIFICATE_NAMES) {
      const before = await credentialsInCluster(e2e);
      e2e.evidence(`${what} before ${serial(what, before)}`);
      await renew(e2e, what);
      const after = await renewed(e2e, what, before);
      const seconds = await untilFollowed(e2e, what, before, after);
      e2e.evidence(`${what} served now ${serial(what, after)}`);
      e2e.figure(`seconds from the renewed Secret to its certificate being served (${what})`, Math.ceil(seconds));
      await endIdleSessions(e2e);
    }

    await assertAllAnswered(traffic, 200);
    e2e.evidence((await running(e2e)).join("\n"));
    assert.deepEqual(await running(e2e), as);
  },
};

const serial = (what: CertificateName, { tls }: Logins) =>
  new X509Certificate(tls[CERTIFICATES[what].part].certificate).serialNumber;

/** As `cmctl renew` does: a condition in the status asks for another certificate. */
async function renew({ kubectl }: E2e, what: CertificateName): Promise<void> {
  const name = secretOf(what);
  const certificate = (await kubectl.get(`certificate/${name}`)) ?? assert.fail(`there is no ${name}`);
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
  const patch = ["patch", "certificate", name, "--subresource=status", "--type=merge"];
  await kubectl.run([...patch, `--patch=${JSON.stringify({ status })}`]);
}

/** Waits for another certificate in the Secret. */
async function renewed(e2e: E2e, what: CertificateName, before: Logins): Promise<Logins> {
  let after = before;
  await e2e.wait({
    what: "cert-manager to renew the certificate",
    seconds: 60,
    async poll() {
      after = await credentialsInCluster(e2e);
      return {
        state: serial(what, after) === serial(what, before) ? "waiting" : "ready",
        detail: `still ${serial(what, after)}`,
      };
    },
  });
  return after;
}
