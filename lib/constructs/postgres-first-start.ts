import { POSTGRES_IDENTITY } from "../postgres/identity";

const { dataDirectory } = POSTGRES_IDENTITY;

/** Where a new volume is initialised, until that is complete. */
const UNFINISHED = `${dataDirectory}.unfinished`;

/**
 * A part of a shell script: initialises a new volume, all of it or nothing. `command` runs PostgreSQL after it has initialised an empty
 * `PGDATA`, as the image's entrypoint does; `tell` logs a line.
 *
 * initdb that is killed leaves a folder with which no server starts, and an entrypoint that is killed after it one without the
 * database; both pass for complete the next time. So it works in a folder of another name, which is begun anew every
 * time, and in which no client has ever written: the server that ends it has no network. The complete folder is renamed.
 */
export function firstStart(command: string): string {
  return `if [ ! -s ${dataDirectory}/PG_VERSION ]; then
  rmdir ${dataDirectory} 2> /dev/null || [ ! -e ${dataDirectory} ] || {
    tell 'FATAL: ${dataDirectory} is neither empty nor a database; move it away'
    exit 1
  }
  rm -rf ${UNFINISHED}
  PGDATA=${UNFINISHED} ${command} -c listen_addresses= &
  first=$!
  trap 'exit 1' INT TERM
  # The entrypoint's own servers are other processes than that which it becomes when everything is done.
  until [ "$(head -n 1 ${UNFINISHED}/postmaster.pid 2> /dev/null)" = $first ]; do
    kill -0 $first 2> /dev/null || { wait $first; exit 1; }
    sleep 0.2
  done
  while kill -INT $first 2> /dev/null; do sleep 0.2; done
  wait $first
  mv ${UNFINISHED} ${dataDirectory}
  sync
fi
`;
}
