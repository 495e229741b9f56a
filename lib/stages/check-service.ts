import { RESERVED_CONNECTIONS } from "../contract";
import { fitsPostgres, planMemory } from "../postgres/settings";
import { parseMebibytes, wholeNumber } from "./quantity";
import type { Stage } from "./stage";

/** Refuses numbers with which data-svc would not start, stop cleanly, or survive the drain of a node. */
export function checkService(service: Stage["service"]): string[] {
  const { replicas, minAvailable, outageWaitSeconds, drainSeconds, stopGraceSeconds } = service;
  const problems = [
    ...wholeNumber("service.replicas", replicas, 1),
    ...wholeNumber("service.outageWaitSeconds", outageWaitSeconds, LEAST_OUTAGE_WAIT_SECONDS, MOST_OUTAGE_WAIT_SECONDS),
    ...wholeNumber("service.drainSeconds", drainSeconds, 1),
    ...wholeNumber("service.stopGraceSeconds", stopGraceSeconds, 0),
  ];
  if (minAvailable !== undefined) problems.push(...wholeNumber("service.minAvailable", minAvailable, 1));
  if (minAvailable !== undefined && minAvailable >= replicas) {
    problems.push(
      `service.minAvailable is ${minAvailable} but service.replicas is ${replicas}, so no node could ever be drained. ` +
        `Set replicas to at least ${minAvailable + 1}, or leave minAvailable out.`,
    );
  }
  if (minAvailable === undefined && replicas > 1) {
    problems.push(
      `service.replicas is ${replicas} but service.minAvailable is not set, so a drain could stop all of them at once. ` +
        `Set minAvailable to between 1 and ${replicas - 1}.`,
    );
  }
  if (stopGraceSeconds < drainSeconds + STOP_SECONDS) {
    problems.push(
      `service.stopGraceSeconds is ${stopGraceSeconds}, of which service.drainSeconds takes ${drainSeconds}, so pods would ` +
        `be killed with requests in flight. Set stopGraceSeconds to at least ${drainSeconds + STOP_SECONDS}.`,
    );
  }
  return problems;
}

/** As long as a request waits for a busy pool. */
const LEAST_OUTAGE_WAIT_SECONDS = 3;
/** data-svc takes no more; callers have given up long before. */
const MOST_OUTAGE_WAIT_SECONDS = 60;

/** Seconds that data-svc may need after a stop signal to finish its requests, with some margin. */
const STOP_SECONDS = 30;

/** Checks that the pods of a rolling update find enough connections beside those of the clients. */
export function checkPool({ service: { replicas, poolSize }, database, clients }: Stage): string[] {
  const memory = parseMebibytes(database.resources.limits.memory);
  // Skips a limit that its own check has reported already.
  if (memory === undefined || !fitsPostgres(memory)) return [];
  const { maxConnections } = planMemory(memory);
  const ofClients = clients.reduce((sum, { connections }) => sum + connections, 0);
  const available = maxConnections - RESERVED_CONNECTIONS - ofClients;
  const largest = Math.floor(available / (replicas + 1));
  if (poolSize * (replicas + 1) <= available) return wholeNumber("service.poolSize", poolSize, 1);
  return [
    `service.poolSize is ${poolSize}, so ${replicas} pods and one more during an update want ${poolSize * (replicas + 1)} ` +
      `connections, but the database's memory allows ${maxConnections}, ${RESERVED_CONNECTIONS} of them for others` +
      `${clients.map(({ app, connections }) => `, ${connections} for ${app}`).join("")}. ` +
      (largest >= 1
        ? `Set poolSize to at most ${largest}, or raise`
        : "Lower replicas or clients' connections, or raise") +
      " database.resources.limits.memory.",
  ];
}
