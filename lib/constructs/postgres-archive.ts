import type { Construct } from "constructs";
import {
  ObjectStore,
  ObjectStoreSpecConfigurationDataCompression,
  ObjectStoreSpecConfigurationWalCompression,
  ObjectStoreSpecInstanceSidecarConfigurationResourcesLimits,
  ObjectStoreSpecInstanceSidecarConfigurationResourcesRequests,
} from "../../imports/barmancloud.cnpg.io";
import {
  ScheduledBackup,
  ScheduledBackupSpecBackupOwnerReference,
  ScheduledBackupSpecMethod,
} from "../../imports/postgresql.cnpg.io";
import { ARCHIVE, STORE_KEYS } from "../contract";
import { CLUSTER_IDENTITY } from "../postgres/identity";
import { canonicalQuantity, parseQuantity } from "../stages/quantity";
import type { Amounts, ArchiveStage } from "../stages/stage";
import { labelsOf, PARTS } from "./labels";

/** CloudNativePG's plugin that archives to a bucket. */
export const PLUGIN = "barman-cloud.cloudnative-pg.io";

const metadata = () => ({ name: ARCHIVE.name, labels: labelsOf(PARTS.database) });

/** The place of the archive. Its `serverName` stays empty: a second cluster would write into the first one's history. */
export class PostgresArchive extends ObjectStore {
  constructor(scope: Construct, { target, keepDays, resources }: ArchiveStage) {
    const secret = (key: string) => ({ name: ARCHIVE.storeSecret, key });
    super(scope, ARCHIVE.name, {
      metadata: metadata(),
      spec: {
        configuration: {
          destinationPath: `s3://${target.bucket}/${target.prefix}`,
          endpointUrl: target.endpoint,
          s3Credentials: {
            accessKeyId: secret(STORE_KEYS.accessKeyId),
            secretAccessKey: secret(STORE_KEYS.secretAccessKey),
            region: secret(ARCHIVE.regionKey),
          },
          wal: { compression: ObjectStoreSpecConfigurationWalCompression.GZIP, maxParallel: atOnce(resources) },
          data: { compression: ObjectStoreSpecConfigurationDataCompression.GZIP, jobs: 2 },
        },
        retentionPolicy: `${keepDays}d`,
        instanceSidecarConfiguration: {
          resources: {
            requests: each(resources.requests, ObjectStoreSpecInstanceSidecarConfigurationResourcesRequests.fromString),
            limits: each(resources.limits, ObjectStoreSpecInstanceSidecarConfigurationResourcesLimits.fromString),
          },
        },
      },
    });
  }
}

/**
 * Segments of the log that are archived or restored at a time: one for each whole processor, one at least. Each takes over a second
 * of processor time to start Barman in, and a promotion waits for what the archive answers.
 */
const atOnce = ({ limits }: ArchiveStage["resources"]) => Math.max(1, Math.floor(parseQuantity(limits.cpu) ?? 1));

const each = <Quantity>(amounts: Amounts, from: (text: string) => Quantity) => ({
  cpu: from(canonicalQuantity(amounts.cpu)),
  memory: from(canonicalQuantity(amounts.memory)),
  "ephemeral-storage": from(canonicalQuantity(amounts.ephemeralStorage)),
});

/** The regular base backup. The first one is made at once: the log alone restores nothing. */
export class PostgresBaseBackup extends ScheduledBackup {
  constructor(scope: Construct, { schedule }: ArchiveStage) {
    super(scope, "base-backup", {
      metadata: metadata(),
      spec: {
        schedule,
        immediate: true,
        // Backups outlive this object, since the bucket's copies do.
        backupOwnerReference: ScheduledBackupSpecBackupOwnerReference.NONE,
        cluster: { name: CLUSTER_IDENTITY.name },
        method: ScheduledBackupSpecMethod.PLUGIN,
        pluginConfiguration: { name: PLUGIN },
      },
    });
  }
}
