import { answer } from "../api/answer";
import { ModelVersion } from "../api/model-version";
import { hangUpOf } from "../hang-ups";
import { ACTIVATE_ONE, findActiveModel } from "../model-versions";
import { DATABASE_PROBLEMS, Problem, problemResponses } from "../problems";
import type { Parts, Server } from "./context";

/** Adds the route from which ml-api loads its model. */
export function addModelVersionRoutes(app: Server, { database }: Parts): void {
  app.get(
    "/internal/model-versions/active",
    {
      schema: {
        operationId: "getActiveModelVersion",
        summary: "The active model with its calibration and thresholds.",
        response: {
          200: answer("The active model.", ModelVersion),
          ...problemResponses("no-active-model", "no-usable-model", ...DATABASE_PROBLEMS),
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
