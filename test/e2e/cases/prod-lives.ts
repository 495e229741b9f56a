import { strict as assert } from "node:assert";
import { X509Certificate } from "node:crypto";
import * as path from "node:path";
import { checkSecrets, describeSecrets } from "../../../lib/deploy/secrets";
import { CERTIFICATES } from "../../../lib/secrets/required";
import { prod } from "../../../lib/stages/prod";
import { tlsNames } from "../../../lib/stages/tls-names";
import { assertAdmitted } from "../admission";
import type { Case, E2e } from "../case";
import { prepareStage, timeDeployment } from "../deploy-stage";
import { credentialsInCluster } from "../rotation";
import { api } from "./api";
import { applyAgain } from "./apply-again";
import { verification } from "./verification";

/** Deploys prod for a group of cases beside others. */
export const deployProd = (group: string): Case => ({
  name: `deploy-${group}`,
  title:
    "Prod's own manifests are admitted without a warning, and deployed: Secrets from the store, an issued certificate",
  setsUp: true,
  async run(e2e) {
    await prepareStage(e2e, prod);
    await assertAdmitted(e2e, e2e.kubectl, path.dirname(e2e.files[0]?.path ?? ""));
    await timeDeployment(e2e);
  },
});

export const prodLives: Case = {
  name: "prod-lives",
  title:
    "Prod runs with the operators: every Secret filled, the certificate issued, the verification commands, the API, and applying again changes nothing",
  async run(e2e) {
    await e2e.type("kubectl get externalsecrets,certificates,secrets,pods,persistentvolumeclaims");
    const secrets = await checkSecrets(e2e.stage, e2e.kubectl.in(e2e.namespace));
    e2e.evidence(describeSecrets(secrets));
    assert.deepEqual(
      secrets.filter(({ missing }) => missing.length > 0),
      [],
      "Secrets are not filled",
    );
    await assertIssued(e2e);
    await verification.run(e2e);
    await applyAgain.run(e2e);
    await api.run(e2e);
  },
};

/** The certificates are the authority's, and for every name of their servers. */
async function assertIssued(e2e: E2e): Promise<void> {
  const { tls } = await credentialsInCluster(e2e);
  const authority = new X509Certificate(tls.authority.certificate);
  const names = tlsNames(e2e.stage, e2e.namespace);
  for (const { secret, part } of Object.values(CERTIFICATES)) {
    const server = new X509Certificate(tls[part].certificate);
    e2e.evidence(`${secret}: serial ${server.serialNumber}, issuer ${server.issuer}, until ${server.validTo}`);
    assert.ok(server.verify(authority.publicKey), `ca.crt has not issued tls.crt of ${secret}`);
    const lacking = names[part].filter((name) => server.checkHost(name) === undefined);
    assert.deepEqual(lacking, [], `the certificate in ${secret} is not for every name of its server`);
  }
}
