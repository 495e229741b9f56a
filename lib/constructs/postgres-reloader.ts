import { Size } from "cdk8s";
import type { Container, Probe, Volume } from "../../imports/k8s";
import { CREDENTIAL_KEYS, PATHS } from "../contract";
import { POSTGRES_IDENTITY } from "../postgres/identity";
import type { DatabaseUser } from "../secrets/credentials";
import type { DatabaseStage } from "../stages/stage";
import { scratch, secureContainer } from "./pod-defaults";
import { HEARTBEAT } from "./postgres-reloader-script";
import { rolesVolume } from "./roles-volume";

/**
 * Brings passwords and certificate in line with their Secrets. Runs beside the server, from before its start until
 * after its stop. Uses the server's image, so that other releases do not restart the database. Has no readiness probe:
 * the server still serves when its Secrets cannot be followed.
 */
export const reloader = ({ image, reloader }: DatabaseStage, script: string): Container =>
  secureContainer({
    name: "reloader",
    image,
    resources: reloader,
    uid: POSTGRES_IDENTITY.uid,
    restartPolicy: "Always",
    command: ["/bin/sh", script],
    livenessProbe: heartbeatProbe(),
    volumeMounts: [
      { name: "config", mountPath: script.slice(0, script.lastIndexOf("/")), readOnly: true },
      { name: "roles", mountPath: PATHS.roles, readOnly: true },
      { name: "tls", mountPath: PATHS.tls, readOnly: true },
      { name: "run", mountPath: "/var/run/postgresql", readOnly: true },
      { name: "heartbeat", mountPath: HEARTBEAT.slice(0, HEARTBEAT.lastIndexOf("/")) },
    ],
  });

/** Succeeds while the script looks at its Secrets. */
export const heartbeatProbe = (): Probe => ({
  exec: { command: ["/bin/sh", "-c", `[ -n "$(find ${HEARTBEAT} -mmin -2)" ]`] },
  periodSeconds: 60,
  timeoutSeconds: 10,
  failureThreshold: 3,
});

/** Volumes that the reloader mounts and the server does not. */
export const reloaderVolumes = (users: readonly DatabaseUser[]): Volume[] => [
  // Lets the server start without a Secret that only the reloader reads: it says which one, and follows the rest.
  rolesVolume(users, [CREDENTIAL_KEYS.password], { optional: true }),
  scratch("heartbeat", Size.mebibytes(1)),
];
