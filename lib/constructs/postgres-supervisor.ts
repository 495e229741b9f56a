import { POSTGRES_IDENTITY } from "../postgres/identity";
import { firstStart } from "./postgres-first-start";

const { mountPath, dataDirectory } = POSTGRES_IDENTITY;

/** Outlives a container, not its pod. */
const RUN = "/var/run/postgresql";

/** Empty unless the volume is nearly full; postgresql.conf includes it. */
export const NEARLY_FULL_CONFIG = `${RUN}/nearly-full.conf`;

const BALLAST = `${mountPath}/ballast`;
/** MiB of the file that is given up for a recovery which would find no room. */
const BALLAST_SIZE = 64;
/** MiB without which a recovery cannot write its log: two segments. */
const RECOVERY = 32;

/**
 * A shell script that runs `command`, PostgreSQL, on a volume of `volume` MiB and ends with its exit code.
 *
 * The shell stays process 1. PostgreSQL as process 1 inherits every orphan of the container (a probe's or a person's
 * `kubectl exec` whose shell was killed), takes one that ends with a failure for a crashed backend, and ends every session.
 *
 * PostgreSQL's lock files name a process of a container that is gone, and whose number another process of this one may have
 * for as long as it runs: PostgreSQL would refuse to start for ever. That one pod at a time has the volume is the
 * StatefulSet's promise.
 *
 * It looks after the volume, since a server that cannot extend its log panics, and one that cannot recover stays down. Below
 * a fiftieth of free space new transactions are read-only by default, until there is room again. A ballast file, freed
 * when a start finds no room, lets the server come back and be cleaned up.
 */
export function supervise(command: string, volume: number): string {
  const reserve = Math.min(Math.max(Math.floor(volume / 50), 64), 2048);
  const enough = 2 * reserve + BALLAST_SIZE;
  return `free() { df -Pk ${mountPath} | awk 'END { print int($4 / 1024) }'; }
tell() { echo "$(date -u '+%F %T') UTC $1" >&2; }
guard() {
  room=$(free)
  if [ "$room" -lt ${reserve} ] && [ ! -s ${NEARLY_FULL_CONFIG} ]; then
    echo 'default_transaction_read_only = on' > ${NEARLY_FULL_CONFIG}
    tell "WARNING: the volume has $room MiB left: transactions are read-only until it has ${enough}"
  elif [ "$room" -ge ${enough} ] && { [ -s ${NEARLY_FULL_CONFIG} ] || [ ! -e ${BALLAST} ]; }; then
    : > ${NEARLY_FULL_CONFIG}
    [ -e ${BALLAST} ] || dd if=/dev/zero of=${BALLAST} bs=1M count=${BALLAST_SIZE} 2> /dev/null || rm -f ${BALLAST}
    tell "LOG: the volume has $room MiB left: transactions may write"
  else
    return 1
  fi
}
rm -f ${dataDirectory}/postmaster.pid ${RUN}/.s.PGSQL.*.lock
: >> ${NEARLY_FULL_CONFIG}
guard || :
[ "$(free)" -ge ${RECOVERY} ] || { rm -f ${BALLAST}; tell 'WARNING: the volume is full: the ballast file is removed'; }
${firstStart(command)}${command} &
server=$!
trap 'kill -INT $server' INT TERM
while sleep 5; do if guard; then pg_ctl reload --silent || :; fi; done &
status=0
wait $server || status=$?
while kill -0 $server 2> /dev/null; do # a signal ends the wait, not the server
  status=0
  wait $server || status=$?
done
exit $status
`;
}
