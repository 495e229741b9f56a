import type { E2e } from "../case";
import { untilReady } from "../server";

/** Scales a workload down, and up again. */
export const scaled = (what: string) => async (e2e: E2e) => {
  await e2e.kubectl.run(["scale", what, "--replicas=0"]);
  return async () => {
    await e2e.kubectl.run(["scale", what, "--replicas=1"]);
    await untilReady(e2e);
  };
};
