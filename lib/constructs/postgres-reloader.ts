import { Size } from "cdk8s";
import type { Container, Volume } from "../../imports/k8s";
import { CREDENTIAL_KEYS, PATHS } from "../contract";
import { POSTGRES_IDENTITY } from "../postgres/identity";
import { DATABASE_USERS } from "../secrets/credentials";
import type { DatabaseStage } from "../stages/stage";
import { scratch, secureContainer } from "./pod-defaults";
import { HEARTBEAT } from "./postgres-reloader-script";
import { rolesVolume } from "./roles-volume";

/**
 * Runs beside the server, before it and until after it has stopped, and brings passwords and certificate in line with their
 * Secrets. Of the server's own image, so that a release of anything else does not restart the database. It has no readiness:
 * a server whose Secrets cannot be followed still serves.
 */
export const reloader = ({ image, reloader }: DatabaseStage, script: string): Container =>
  secureContainer({
    name: "reloader",
    image,
    resources: reloader,
    uid: POSTGRES_IDENTITY.uid,
    restartPolicy: "Always",
    command: ["/bin/sh", script],
    livenessProbe: {
      exec: { command: ["/bin/sh", "-c", `[ -n "$(find ${HEARTBEAT} -mmin -2)" ]`] },
      periodSeconds: 60,
      timeoutSeconds: 10,
      failureThreshold: 3,
    },
    volumeMounts: [
      { name: "config", mountPath: script.slice(0, script.lastIndexOf("/")), readOnly: true },
      { name: "roles", mountPath: PATHS.roles, readOnly: true },
      { name: "tls", mountPath: PATHS.tls, readOnly: true },
      { name: "run", mountPath: "/var/run/postgresql", readOnly: true },
      { name: "heartbeat", mountPath: HEARTBEAT.slice(0, HEARTBEAT.lastIndexOf("/")) },
    ],
  });

/** What it mounts and the server does not. */
export const reloaderVolumes = (): Volume[] => [
  rolesVolume(DATABASE_USERS, [CREDENTIAL_KEYS.password]),
  scratch("heartbeat", Size.mebibytes(1)),
];
