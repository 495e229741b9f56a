import type { Stage } from "../lib/stages/stage";

/** The stage's namespace. Where Secrets are generated, NAMESPACE of the environment goes before, as in main.ts. */
export const namespaceOfStage = ({ namespace, secrets }: Stage): string =>
  (secrets.kind === "generated" && process.env.NAMESPACE) || namespace;
