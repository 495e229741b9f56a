import { readFile } from "node:fs/promises";
import * as tls from "node:tls";
import type { ClientConfig } from "pg";
import { commandLine } from "../../common/command-line";
import { ARCHIVE_DRILL, CREDENTIAL_KEYS, DATABASE, PATHS, TLS_SECRET, VERSION } from "../../contract";
import { type ClusterManifest, Clusters, drillArchive } from "../archive-drill";
import { BackupError } from "../errors";
import { BACKUP_EXIT, type Context, command } from "./command";

/** In the pod of the CronJob, which mounts everything that it reads. */
export const drillArchiveCommand = command({
  declared: commandLine({
    name: "drill-archive",
    oneOfSeveral: true,
    start: "backup drill-archive",
    description:
      "Recovers the archive of a CloudNativePG cluster into a Cluster of its own, compares every table and sequence with a\nreplica, checks tables and indexes, and removes the Cluster. Its last line is the report, as JSON. Exits 1 unless\nevery step passed.",
    options: {
      deadline: {
        type: "number",
        placeholder: "SECONDS",
        least: ARCHIVE_DRILL.leastSeconds,
        help: "Gives up after that, and removes the Cluster.",
      },
    },
    operands: [],
    notes: `Reads POD_NAME, POD_UID and POD_NAMESPACE, and ${ARCHIVE_DRILL.folder}, ${PATHS.api}, ${PATHS.database} and ${PATHS.authority}.
Exit codes: 0 the same, 1 different or failed, 2 wrong arguments or settings.`,
  }),
  rules: ({ deadline }) => (deadline === undefined ? ["--deadline is missing: the seconds that it may take."] : []),
  async run({ deadline = 0 }, context) {
    const { out, err } = context.terminal;
    const began = context.now();
    const pod = podOf(context);
    const cluster = JSON.parse(
      await readFile(`${ARCHIVE_DRILL.folder}/${ARCHIVE_DRILL.file}`, "utf8"),
    ) as ClusterManifest;
    const found = await drillArchive({
      clusters: new Clusters({
        url: "https://kubernetes.default.svc",
        tokenFile: `${PATHS.api}/token`,
        namespace: pod.namespace,
      }),
      manifest: {
        ...cluster,
        metadata: { ...cluster.metadata, ownerReferences: [ownerOf(pod)] },
        spec: { ...cluster.spec, certificates: CERTIFICATES },
      },
      primary: await connectionTo(DATABASE.host),
      replica: await connectionTo(ARCHIVE_DRILL.replicas),
      recovered: await connectionTo(ARCHIVE_DRILL.recovered),
      deadline: began.getTime() + deadline * 1000,
      say: (line) => out(`${line}\n`),
    });
    for (const difference of found.differences) err(`- ${difference}\n`);
    const times = { startedAt: began.toISOString(), finishedAt: context.now().toISOString() };
    out(`${JSON.stringify({ format: 1, release: VERSION, ...times, ...found })}\n`);
    return found.result === "passed" ? BACKUP_EXIT.ok : BACKUP_EXIT.failure;
  },
});

/** The live server's certificate, by which this program knows the recovered one. */
const CERTIFICATES = { serverTLSSecret: TLS_SECRET, serverCASecret: TLS_SECRET };

interface Pod {
  readonly name: string;
  readonly uid: string;
  readonly namespace: string;
}

function podOf({ environment }: Context): Pod {
  const { POD_NAME: name, POD_UID: uid, POD_NAMESPACE: namespace } = environment;
  if (name && uid && namespace) return { name, uid, namespace };
  throw new BackupError(
    `POD_NAME, POD_UID or POD_NAMESPACE is not set. Start it as the CronJob ${ARCHIVE_DRILL.name} does.`,
  );
}

/** Kubernetes removes the Cluster when it removes the pod, for instance at its deadline: then nobody is left to do it. */
const ownerOf = ({ name, uid }: Pod) => ({ apiVersion: "v1", kind: "Pod", name, uid });

/** The superuser's connection. The recovered server has the live one's certificate, which names only that. */
async function connectionTo(host: string): Promise<ClientConfig> {
  const secret = async (key: string) => (await readFile(`${PATHS.database}/${key}`, "utf8")).trim();
  return {
    host,
    port: DATABASE.port,
    database: DATABASE.name,
    user: await secret(CREDENTIAL_KEYS.username),
    password: await secret(CREDENTIAL_KEYS.password),
    ssl: {
      ca: await readFile(PATHS.authority, "utf8"),
      checkServerIdentity: (_, certificate) => tls.checkServerIdentity(DATABASE.host, certificate),
    },
  };
}
