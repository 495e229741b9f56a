import type { Container } from "../../imports/k8s";
import { DATABASE } from "../contract";

/**
 * `pg_isready` answers 0 for ready, 1 for alive but starting or recovering. Over TCP, since initdb's temporary server, which
 * listens on the socket alone, must not count. With a user, since ours has no name in the image's passwd file: without one
 * pg_isready answers 3 and asks nobody.
 */
const ASK = `pg_isready -q -h 127.0.0.1 -U ${DATABASE.superuser} -d ${DATABASE.name} -t 5`;

/** Ready to serve. */
const READY = ["/bin/sh", "-c", ASK];

/** Alive: a probe that kills a server in recovery makes it begin the recovery again, for ever. */
const ALIVE = ["/bin/sh", "-c", `${ASK}; [ $? -le 1 ]`];

/** Startup for up to 15 minutes (initdb, or the first answer after a crash), then liveness and readiness. */
export function probes(): Required<Pick<Container, "startupProbe" | "readinessProbe" | "livenessProbe">> {
  return {
    startupProbe: { exec: { command: ALIVE }, periodSeconds: 3, timeoutSeconds: 6, failureThreshold: 300 },
    readinessProbe: { exec: { command: READY }, periodSeconds: 5, timeoutSeconds: 6, failureThreshold: 2 },
    livenessProbe: { exec: { command: ALIVE }, periodSeconds: 15, timeoutSeconds: 10, failureThreshold: 4 },
  };
}
