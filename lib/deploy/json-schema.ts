import { Type } from "@sinclair/typebox";
import { EVENT_TYPES } from "./say";

/**
 * Every line that `npm run -s deploy -- STAGE --json` prints. No command loads this: docs/deploy.schema.json is generated
 * from it, and tests hold it against real output.
 */
export const EVENT = Type.Object(
  {
    time: Type.String({ format: "date-time" }),
    type: Type.Union(
      EVENT_TYPES.map((type) => Type.Literal(type)),
      {
        description:
          "applying, applied: a file. waiting, ready: an object. log: a line of a Job's log. growing, replaced: a volume's claim or its " +
          "StatefulSet. diagnosis, error: a failure. stopped: by a signal, with what stands. deployed: the end. message: anything else.",
      },
    ),
    object: Type.Optional(
      Type.String({ description: "kubectl's name of an object, e.g. statefulset/postgres; or a file's name." }),
    ),
    state: Type.Optional(Type.String({ description: "The object's state in words, e.g. 0/1 ready." })),
    seconds: Type.Optional(Type.Number({ minimum: 0, description: "Since the wait or the deployment began." })),
    limit: Type.Optional(Type.Number({ minimum: 0, description: "Seconds after which the wait is given up." })),
    message: Type.String({ description: "The same for a person." }),
  },
  {
    additionalProperties: false,
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "One line of `npm run -s deploy -- STAGE --json`",
  },
);
