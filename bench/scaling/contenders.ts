import type { Contender } from "../interleave";
import { DATABASE } from "./data";
import type { Settings } from "./limited-server";
import { PAGES } from "./mix";
import type { Load, Outcome } from "./pgbench";
import { Samples } from "./samples";
import type { Setup } from "./setup";

/** Seconds that fill the server's memory before a load is measured. */
const WARM_UP_SECONDS = 1;

/** data-svc's mix at as many clients as keep the server busy. */
export const mixedLoad = ({ mix, pace }: Setup, clients = 8): Load => ({
  scripts: [
    { file: mix.assessment, weight: 1 },
    { file: mix.history, weight: PAGES },
  ],
  database: DATABASE,
  clients,
  seconds: pace.seconds,
});

/** The load on the server with some settings: milliseconds for a transaction, without end if the server is killed. */
export const withSettings = (
  { server, pgbench }: Setup,
  name: string,
  settings: Settings,
  load: Load,
  outcomes = new Samples<Outcome>(),
): Contender => ({
  name,
  async measure() {
    await server.configure(settings);
    await pgbench.measure({ ...load, seconds: WARM_UP_SECONDS });
    const outcome = await pgbench.measure(load);
    outcomes.add(name, outcome);
    return 1000 / outcome.tps;
  },
});
