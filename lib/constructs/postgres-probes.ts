import type { Container } from "../../imports/k8s";
import { DATABASE } from "../contract";

/**
 * Asks `pg_isready`: 0 means ready, 1 means alive but starting or recovering. Uses TCP, since initdb's temporary server
 * listens on the socket alone and must not count. Names a user, since the container's user is not in the image's passwd
 * file: otherwise pg_isready answers 3 without asking.
 */
const ASK = `pg_isready -q -h 127.0.0.1 -U ${DATABASE.superuser} -d ${DATABASE.name} -t 5`;

/** Succeeds once the server answers queries. */
const READY = ["/bin/sh", "-c", ASK];

/** Succeeds during a recovery, too: killing the server then would restart the recovery for ever. */
const ALIVE = ["/bin/sh", "-c", `${ASK}; [ $? -le 1 ]`];

/** Allows 15 minutes to start, for initdb or a recovery. Liveness and readiness follow. */
export function probes(): Required<Pick<Container, "startupProbe" | "readinessProbe" | "livenessProbe">> {
  return {
    startupProbe: { exec: { command: ALIVE }, periodSeconds: 3, timeoutSeconds: 6, failureThreshold: 300 },
    readinessProbe: { exec: { command: READY }, periodSeconds: 5, timeoutSeconds: 6, failureThreshold: 2 },
    livenessProbe: { exec: { command: ALIVE }, periodSeconds: 15, timeoutSeconds: 10, failureThreshold: 4 },
  };
}
