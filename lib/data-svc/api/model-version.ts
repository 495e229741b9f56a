import { type Static, Type } from "@sinclair/typebox";
import { RequestContext } from "./request-context";

const score = () => Type.Number({ minimum: 0, maximum: 1 });

export const VersionName = Type.String({
  maxLength: 50,
  pattern: "^v(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)$",
  description: "Such as `v1.0.0`: three numbers without leading zeros.",
});

/** Column `calibration_data`. More members may come with later models. */
export const CalibrationData = Type.Object(
  {
    isotonic: Type.Array(Type.Object({ raw: score(), calibrated: score() }), {
      minItems: 2,
      description: "Points of the calibration curve by rising raw score, joined by straight lines.",
    }),
    thresholds: Type.Object(
      { prediabetes: score(), diabetes: score() },
      { description: "The calibrated scores from which on the level is prediabetes and diabetes." },
    ),
    metrics: Type.Optional(
      Type.Record(Type.String(), score(), {
        description: "Accuracy, precision, recall and f1 at the thresholds.",
      }),
    ),
  },
  { title: "CalibrationData" },
);

export type CalibrationData = Static<typeof CalibrationData>;

export const NewModelVersion = Type.Object(
  {
    version: VersionName,
    trained_at: Type.String({ format: "date-time", description: "When training ended, by RFC 3339." }),
    auroc: Type.Number({ minimum: 0.5, maximum: 1, description: "On held-out data; 0.5 is chance." }),
    auprc: score(),
    calibration_error: score(),
    artifact_path: Type.String({
      pattern: "^[ -~]{1,1024}$",
      description: "Where ml-api finds the trained model, in ASCII.",
    }),
    calibration_data: CalibrationData,
    request_context: Type.Optional(RequestContext),
  },
  { title: "NewModelVersion", additionalProperties: false },
);

export type NewModelVersion = Static<typeof NewModelVersion>;

export const ModelVersion = Type.Object(
  {
    id: Type.String({ format: "uuid" }),
    version: Type.String({ description: "Such as `v1.0.0`." }),
    trained_at: Type.String({ format: "date-time" }),
    auroc: Type.Number(),
    auprc: Type.Number(),
    calibration_error: Type.Number(),
    artifact_path: Type.String({ description: "Where ml-api finds the trained model." }),
    calibration_data: CalibrationData,
  },
  { title: "ModelVersion", additionalProperties: false },
);

export type ModelVersion = Static<typeof ModelVersion>;
