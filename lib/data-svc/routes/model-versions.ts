import { ModelVersion } from "../api/model-version";
import { noActiveModel } from "../assessments";
import { findActiveModel } from "../model-versions";
import { DATABASE_PROBLEMS, problemResponses } from "../problems";
import type { Parts, Server } from "./context";

/** Adds the route from which ml-api loads its model. */
export function addModelVersionRoutes(app: Server, { database }: Parts): void {
  app.get(
    "/internal/model-versions/active",
    {
      schema: {
        operationId: "getActiveModelVersion",
        summary: "The active model with its calibration and thresholds.",
        response: { 200: ModelVersion, ...problemResponses("no-active-model", ...DATABASE_PROBLEMS) },
      },
    },
    async () => {
      const model = await findActiveModel((statement, values) => database.query(statement, values));
      if (!model) throw noActiveModel();
      return model;
    },
  );
}
