import { DATA_SVC } from "../contract";
import { ENGINES } from "../postgres/engines";
import { inNamespace } from "../postgres/identity";
import type { Stage } from "./stage";

/** Every name by which clients reach the stage's servers in a namespace; their certificates have them all. */
export const tlsNames = ({ engine }: Pick<Stage, "engine">, namespace: string) => ({
  server: ENGINES[engine].names(namespace),
  service: inNamespace(namespace, [DATA_SVC.name]),
});
