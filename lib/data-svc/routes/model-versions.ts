import { ModelVersion } from "../api/model-version";
import { hangUpOf } from "../hang-ups";
import { ACTIVATE_ONE, findActiveModel } from "../model-versions";
import { COMMON_PROBLEMS, Problem, problemResponses } from "../problems";
import type { Parts, Server } from "./context";
import { CallHeaders, PROVEN_CALLER } from "./on-behalf-of";

/** Adds the route from which ml-api loads its model. */
export function addModelVersionRoutes(app: Server, { database }: Parts): void {
  app.get(
    "/internal/model-versions/active",
    {
      schema: {
        operationId: "getActiveModelVersion",
        security: PROVEN_CALLER,
        headers: CallHeaders,
        summary: "The active model with its calibration and thresholds.",
        response: {
          200: ModelVersion,
          ...problemResponses("invalid-request", "no-active-model", "no-usable-model", ...COMMON_PROBLEMS),
        },
      },
    },
    async (request) => {
      const model = await findActiveModel(database.forRequest(hangUpOf(request)).query);
      if (!model) throw new Problem("no-active-model", ACTIVATE_ONE);
      return model;
    },
  );
}
