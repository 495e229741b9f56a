import { Size } from "cdk8s";
import type { Container, PodSpec, Probe, Volume, VolumeMount } from "../../imports/k8s";
import { BACKUP, DATABASE, type DRILL_STEPS, IDENTITY_KEY, PATHS } from "../contract";
import { postgresSettings } from "../postgres/settings";
import { parseMebibytes, parseQuantity } from "../stages/quantity";
import type { BackupStage, Image } from "../stages/stage";
import { PARTS } from "./labels";
import { GROUP_READABLE, scratch, secureContainer, securePod, temporary } from "./pod-defaults";
import { scratchVolume, storeMount, targetFlags } from "./postgres-backup-pod";
import { shellScript } from "./shell-script";

export interface DrillPodProps {
  readonly stage: BackupStage;
  /** The server's image. */
  readonly database: Image;
  /** The image of data-svc, which also holds `backup` and `migrate`. */
  readonly program: Image;
}

type Step = (typeof DRILL_STEPS)[number];

/** That of the backup's pod: both write to the volume of the backups. */
const UID = 10_001;
const DUMP = `${PATHS.work}/dump.pgc`;
const MANIFEST = `${PATHS.work}/manifest.json`;

/** Loopback of the pod. The image's temporary server, which initdb is followed by, does not listen there. */
const CONNECTION = {
  PGHOST: "127.0.0.1",
  PGPORT: DATABASE.port,
  PGUSER: DATABASE.superuser,
  PGDATABASE: DATABASE.name,
};
const ENV = Object.entries(CONNECTION).map(([name, value]) => ({ name, value: String(value) }));

/**
 * Restores a backup into an empty server of its own and proves it, one container for each step. The server runs beside
 * them and ends with the pod, and so does the volume.
 */
export function drillPod(props: DrillPodProps): PodSpec {
  const { stage, database, program } = props;
  const step = (name: Step, image: Image, command: string[], mounts: VolumeMount[] = []) =>
    container(name, stepScript(name), { image, command, mounts, stage });
  return securePod({
    serviceAccountName: PARTS.drill.app,
    uid: UID,
    restartPolicy: "Never",
    terminationGracePeriodSeconds: 30,
    initContainers: [
      step("fetch", program, fetch(stage), [storeMount(stage.target), IDENTITY_MOUNT]),
      server(stage, database),
      step("bootstrap", program, ["migrate", "bootstrap"]),
      step("restore", database, RESTORE),
      step("compare", program, COMPARE),
      step("verify", program, ["migrate", "verify"]),
      // Last, since it installs an extension, which `verify` would take for drift.
      step("amcheck", database, AMCHECK),
    ],
    containers: [
      container("report", shellScript("drill-report", { DUMP }), {
        image: program,
        command: ["backup", "report", "--work", PATHS.work, ...targetFlags(stage.target)],
        mounts: [storeMount(stage.target)],
        stage,
      }),
    ],
    volumes: volumes(stage),
  });
}

const fetch = ({ target }: BackupStage) => [
  ...["backup", "fetch", "newest", "--to", PATHS.work, ...targetFlags(target)],
  ...["--identity", `${PATHS.identity}/${IDENTITY_KEY}`],
];

/** Sessions that restore and check at once. There is no autovacuum, and they have the memory of its two workers. */
const JOBS = ["--jobs", "2"];
/** Leaves privileges out: bootstrap sets them, and those of a client's role, which is not made here, would fail. */
const RESTORE = [
  ...["pg_restore", "--exit-on-error", "--no-privileges", "--no-password", ...JOBS],
  ...["--dbname", DATABASE.name, DUMP],
];
const COMPARE = ["backup", "compare", "--manifest", MANIFEST, "--differences", `${PATHS.work}/differences.json`];
const AMCHECK = [
  ...["pg_amcheck", "--install-missing", "--heapallindexed", "--no-password", ...JOBS],
  ...["--database", DATABASE.name],
];

/** Steps without which the following ones would only fail, too. A database that differs is checked to the end. */
const NEEDED: readonly Step[] = ["fetch", "bootstrap", "restore"];

const stepScript = (name: Step) =>
  shellScript("drill-step", {
    STEP: name,
    STEPS: `${PATHS.work}/steps`,
    NEEDED: NEEDED.includes(name) ? "yes" : "no",
  });

interface Parts {
  readonly image: Image;
  readonly command: string[];
  readonly mounts: VolumeMount[];
  readonly stage: BackupStage;
}

/** A container that runs a command by a script, whose first argument is its name. */
const container = (name: string, script: string, { image, command, mounts, stage }: Parts): Container =>
  secureContainer({
    name,
    image,
    resources: stage.drill.resources,
    uid: UID,
    command: ["/bin/sh", "-c", script, name, ...command],
    env: ENV,
    volumeMounts: [WORK_MOUNT, TMP_MOUNT, ...mounts],
  });

const WORK_MOUNT: VolumeMount = { name: "work", mountPath: PATHS.work };
const TMP_MOUNT: VolumeMount = { name: "tmp", mountPath: "/tmp" };
const IDENTITY_MOUNT: VolumeMount = { name: "identity", mountPath: PATHS.identity, readOnly: true };

/** The empty server. It runs beside the steps that follow it, once it accepts connections. */
const server = (stage: BackupStage, image: Image): Container => ({
  ...secureContainer({
    name: "postgres",
    image,
    resources: stage.drill.resources,
    uid: UID,
    command: [
      "/bin/sh",
      "-c",
      shellScript("drill-server", {
        POSTGRES_USER: DATABASE.superuser,
        POSTGRES_DB: DATABASE.name,
        SETTINGS: Object.entries(settings(stage))
          .map(([name, value]) => `-c ${name}=${value}`)
          .join(" "),
      }),
    ],
    env: [{ name: "PGDATA", value: `${PATHS.work}/pgdata` }],
    startupProbe: answers(),
    volumeMounts: [
      WORK_MOUNT,
      TMP_MOUNT,
      { name: "run", mountPath: "/var/run/postgresql" },
      { name: "shared-memory", mountPath: "/dev/shm" },
    ],
  }),
  restartPolicy: "Always",
});

/** Names the user: the container's is not in the image's passwd file, and pg_isready would not even ask. */
const answers = (): Probe => ({
  exec: { command: ["pg_isready", "--quiet", "--host", CONNECTION.PGHOST, "--username", CONNECTION.PGUSER] },
  periodSeconds: 1,
  timeoutSeconds: 5,
  failureThreshold: 300,
});

/** The server of a stage, but for what only makes data outlast a crash, or keeps up a server that runs for years. */
function settings({ drill }: BackupStage): Readonly<Record<string, string>> {
  const { limits } = drill.resources;
  const budget = {
    memory: parseMebibytes(limits.memory) ?? 0,
    cpu: parseQuantity(limits.cpu) ?? 0,
    volume: parseMebibytes(drill.storage) ?? 0,
  };
  return {
    ...postgresSettings(budget),
    listen_addresses: CONNECTION.PGHOST,
    huge_pages: "off",
    timezone: "UTC",
    fsync: "off",
    full_page_writes: "off",
    synchronous_commit: "off",
    wal_level: "minimal",
    max_wal_senders: "0",
    autovacuum: "off",
    // Keep rows out of the log, even out of an error's detail: they are health data.
    log_error_verbosity: "terse",
    log_min_error_statement: "panic",
  };
}

function volumes(stage: BackupStage): Volume[] {
  const { drill, target, scratchClass } = stage;
  const quarter = Math.floor((parseMebibytes(drill.resources.limits.memory) ?? 0) / 4);
  return [
    scratchVolume("work", drill.storage, scratchClass),
    target.kind === "s3"
      ? { name: "store", secret: { secretName: BACKUP.drillStoreSecret, defaultMode: GROUP_READABLE } }
      : { name: "store", persistentVolumeClaim: { claimName: BACKUP.claim } },
    { name: "identity", secret: { secretName: BACKUP.drillKeySecret, defaultMode: GROUP_READABLE } },
    scratch("run", Size.mebibytes(1)),
    scratch("shared-memory", Size.mebibytes(quarter)),
    temporary(),
  ];
}
