import { Type } from "@sinclair/typebox";
import { answer } from "../api/answer";
import { ModelVersion, NewModelVersion, VersionName } from "../api/model-version";
import { hangUpOf } from "../hang-ups";
import { activateModel, registerModel } from "../model-registry";
import { ACTIVATE_ONE, findActiveModel } from "../model-versions";
import { COMMON_PROBLEMS, Problem, problemResponses } from "../problems";
import type { Parts, Server } from "./context";
import { CallHeaders, PROVEN_CALLER } from "./on-behalf-of";
import { origin } from "./origin";

/** Octets of a body with the most calibration data that the table takes. */
const REGISTER_LIMIT = 80 * 1024;

const BODY_PROBLEMS = ["invalid-request", "malformed-json", "body-too-large", "unsupported-media-type"] as const;

const PathParameters = Type.Object({ version: VersionName }, { additionalProperties: false });

/** Adds routes by which models are registered and activated, and from which ml-api loads the active one. */
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
          200: answer("The active model.", ModelVersion),
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
  app.post(
    "/internal/model-versions",
    {
      bodyLimit: REGISTER_LIMIT,
      schema: {
        operationId: "registerModelVersion",
        security: PROVEN_CALLER,
        headers: CallHeaders,
        summary: `Register a trained model, inactive, with an audit row. The body may have ${REGISTER_LIMIT} bytes.`,
        body: NewModelVersion,
        response: {
          201: answer("Registered, with its audit row.", ModelVersion),
          200: answer("Was registered before. Nothing is changed.", ModelVersion),
          ...problemResponses(...BODY_PROBLEMS, "version-already-used", "user-does-not-exist", ...COMMON_PROBLEMS),
        },
      },
    },
    async (request, reply) => {
      const work = database.forRequest(hangUpOf(request));
      const { model, created } = await registerModel(work, request.body, origin(request, request.body.request_context));
      return reply.code(created ? 201 : 200).send(model);
    },
  );
  app.post(
    "/internal/model-versions/:version/activate",
    {
      schema: {
        operationId: "activateModelVersion",
        security: PROVEN_CALLER,
        headers: CallHeaders,
        summary: "Make a registered model the only active one, with an audit row. Again, it changes nothing.",
        params: PathParameters,
        response: {
          200: answer("The model, which is the active one now.", ModelVersion),
          ...problemResponses(
            ...(["invalid-request", "unknown-model-version", "user-does-not-exist", "no-usable-model"] as const),
            ...COMMON_PROBLEMS,
          ),
        },
      },
    },
    async (request) => {
      const work = database.forRequest(hangUpOf(request));
      return await activateModel(work, request.params.version, origin(request));
    },
  );
}
