import { Kubectl } from "../lib/deploy/kubectl";
import { bindContext } from "../lib/deploy/preflight/context";
import type { Stage } from "../lib/stages/stage";

/** The stage's namespace. Where Secrets are generated, NAMESPACE of the environment goes before, as in main.ts. */
export const namespaceOfStage = ({ namespace, secrets }: Stage): string =>
  (secrets.kind === "generated" && process.env.NAMESPACE) || namespace;

/**
 * kubectl for a stage's namespace, bound to the current context. A stage that names no contexts may be in any: the caller asks
 * before it changes anything.
 * @throws UsageError if the stage names other contexts
 */
export const kubectlOfStage = (stage: Stage): Promise<Kubectl> =>
  bindContext(new Kubectl(process.env, namespaceOfStage(stage)), {
    stage: stage.name,
    contexts: stage.contexts,
    anywhere: true,
  });
