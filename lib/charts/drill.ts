import type { Construct } from "constructs";
import { Credential, type CredentialProps } from "../constructs/credential";
import { limitNamespace } from "../constructs/diabrisk-namespace";
import { labelsOf, PARTS } from "../constructs/labels";
import { AllowTraffic, DenyAllTraffic, from, podsOf, to, toBucket, toDns } from "../constructs/network-policy";
import { PostgresDrill } from "../constructs/postgres-drill";
import { BACKUP, DATABASE, IDENTITY_KEY, STORE_KEYS } from "../contract";
import { drillLimits } from "../stages/drill-limits";
import { drillNamespace } from "../stages/drill-namespace";
import { type Release, StageChart } from "./stage-chart";

const PART = PARTS.drill;

/**
 * The regular proof that the newest backup can be restored, with the keys that open backups. Where the backups are in a
 * bucket all of it is in a namespace of its own, so that no Secret of the stage's reads one.
 */
export class DrillChart extends StageChart {
  constructor(scope: Construct, release: Release) {
    const { stage, namespace = stage.namespace } = release;
    const home = drillNamespace(stage, namespace);
    super(scope, "drill", release, home);
    const { backup } = stage;
    if (home !== namespace) {
      limitNamespace(this, home, drillLimits(stage));
      new DenyAllTraffic(this);
    }
    this.#traffic(release);
    new Credential(this, { name: BACKUP.drillKeySecret, labels: labelsOf(PART), values: identity(release) });
    if (backup.target.kind === "s3") {
      new Credential(this, { name: BACKUP.drillStoreSecret, labels: labelsOf(PART), values: bucketKeys(release) });
    }
    new PostgresDrill(this, { stage: backup, database: stage.database.image, program: stage.service.image });
  }

  /** Reaches the bucket and nothing else: its server is in its own pod. */
  #traffic({ stage: { backup, network } }: Release): void {
    const itself = podsOf(PART.app);
    const { target } = backup;
    new AllowTraffic(this, {
      part: PART,
      ingress: [from(DATABASE.port, itself)],
      egress:
        target.kind === "s3"
          ? [toBucket(target.endpoint, target.network), toDns(network.dns)]
          : [to(DATABASE.port, itself)],
    });
  }
}

function identity({ stage: { name, secrets }, credentials }: Release): CredentialProps["values"] {
  if (secrets.kind === "external") {
    return { store: secrets, fetch: { identity: IDENTITY_KEY }, template: { [IDENTITY_KEY]: "{{ .identity }}" } };
  }
  if (!credentials) throw new TypeError(`Stage ${name} makes its keys up, but none were given.`);
  return { [IDENTITY_KEY]: credentials.backup.drill.identity };
}

function bucketKeys({ stage: { name, secrets }, credentials }: Release): CredentialProps["values"] {
  const { accessKeyId, secretAccessKey } = STORE_KEYS;
  if (secrets.kind === "external") {
    return {
      store: secrets,
      fetch: { id: accessKeyId, secret: secretAccessKey },
      template: { [accessKeyId]: "{{ .id }}", [secretAccessKey]: "{{ .secret }}" },
    };
  }
  if (!credentials) throw new TypeError(`Stage ${name} makes its credentials up, but none were given.`);
  const { drill } = credentials.stores;
  return { [accessKeyId]: drill.accessKeyId, [secretAccessKey]: drill.secretAccessKey };
}
