import { DATABASE, PGBENCH } from "./data";
import { PAGES } from "./mix";
import type { Load } from "./pgbench";
import type { Setup } from "./setup";

/** As many clients as keep the server of any stage busy. */
const BUSY = 4;

/** data-svc's mix. */
export const mixedLoad = ({ mix, pace }: Setup, clients = BUSY): Load => ({
  scripts: [
    { file: mix.assessment, weight: 1 },
    { file: mix.history, weight: PAGES },
  ],
  database: DATABASE,
  clients,
  seconds: pace.seconds,
});

/** One of data-svc's scripts alone. */
export const loadOf = (setup: Setup, file: string): Load => ({ ...mixedLoad(setup), scripts: [{ file, weight: 1 }] });

/** A script of pgbench's own. */
export const builtIn = (setup: Setup, scripts: string): Load => ({ ...mixedLoad(setup), scripts, database: PGBENCH });
