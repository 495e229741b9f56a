import { OPERATIONS, type Operation } from "../contract";
import { callersOf } from "./callers";
import { checkName, checkPeers, twice } from "./check-names";
import { wholeNumber } from "./quantity";
import type { CallerStage, NetworkStage, Peer, Stage } from "./stage";

/** Refuses ways on which nothing could be reached or everybody could, and callers that prove nothing. */
export const checkNetwork = ({ network, namespace }: Pick<Stage, "network" | "namespace">): string[] => [
  ...checkName("network.monitoringNamespace", network.monitoringNamespace),
  ...checkWay("network.dns", network.dns),
  ...checkWay("network.apiServer.network", network.apiServer.network),
  ...wholeNumber("network.apiServer.port", network.apiServer.port, 1),
  ...checkCallers(network, namespace),
];

const checkWay = (field: string, peers: readonly Peer[]) =>
  peers.length > 0
    ? checkPeers(field, peers)
    : [`${field} names no server, and a rule without peers means everybody. Name one.`];

/** Finds callers that could not be told apart, could do nothing, or could be anybody. */
function checkCallers({ callers }: NetworkStage, namespace: string): string[] {
  if (callers.length === 0) return ["network.callers is empty, so nobody could call data-svc. Name a service."];
  return [
    ...callers.flatMap((caller, index) => checkCaller(`network.callers[${index}]`, caller)),
    ...twice(callers.map(({ app }) => app)).map(
      (app) =>
        `network.callers has two callers whose app is "${app}", so the log could not tell them apart. Name each differently.`,
    ),
    ...twice(callersOf({ callers }, namespace).map(({ subject }) => subject)).map(
      (subject) =>
        `network.callers has two callers with the tokens of ${subject}, so each could do what the other may. ` +
        "Set a serviceAccount of its own for each.",
    ),
  ];
}

function checkCaller(field: string, { app, serviceAccount, namespace, may }: CallerStage): string[] {
  const problems = checkName(`${field}.app`, app);
  if (serviceAccount !== undefined) problems.push(...checkName(`${field}.serviceAccount`, serviceAccount));
  if (namespace !== undefined) problems.push(...checkName(`${field}.namespace`, namespace));
  if (serviceAccount === "default") {
    problems.push(
      `${field}.serviceAccount is "default", which every pod of its namespace runs as that names none. Set one of the service's own.`,
    );
  }
  if (may.length === 0) {
    problems.push(
      `${field}.may is empty, so ${app} could call nothing. Set some of ${OPERATIONS.join(", ")}, or leave it out.`,
    );
  }
  problems.push(...twice(may).map((name: Operation) => `${field}.may has ${name} twice. Leave one of them out.`));
  return problems;
}
