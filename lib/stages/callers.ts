import type { Caller } from "../contract";
import type { CallerStage, NetworkStage } from "./stage";

/**
 * The callers of data-svc as it is told of them, by the subjects of their tokens.
 * @param namespace of the stage's own pods
 */
export const callersOf = ({ callers }: Pick<NetworkStage, "callers">, namespace: string): Caller[] =>
  callers.map((caller) => ({ name: caller.app, subject: subjectOf(caller, namespace), may: [...caller.may] }));

const subjectOf = ({ app, serviceAccount = app, namespace }: CallerStage, own: string) =>
  `system:serviceaccount:${namespace ?? own}:${serviceAccount}`;
