import { type Static, Type } from "@sinclair/typebox";
import { Features } from "./features";
import { VersionName } from "./model-version";
import { oneOf } from "./one-of";
import { RequestContext } from "./request-context";

const strict = { additionalProperties: false };

const score = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });

const ConfidenceLevel = oneOf(["high", "medium", "low"], { title: "ConfidenceLevel" });

const RiskLevel = oneOf(["no_diabetes", "prediabetes", "diabetes"], {
  title: "RiskLevel",
  description: "By the model's thresholds, each of which belongs to the level above it.",
});
export type RiskLevel = Static<typeof RiskLevel>;

export const NewAssessment = Type.Object(
  {
    id: Type.Optional(
      Type.String({
        format: "uuid",
        description:
          "Chosen by the caller to make a retry safe: the same assessment sent twice under one id is stored once. Default: a new one.",
      }),
    ),
    user_id: Type.String({ format: "uuid" }),
    features: Features,
    raw_score: score("What the model said."),
    calibrated_score: score(
      "The raw score on the model's calibration curve; refused if it is off by more than 0.000001.",
    ),
    confidence_level: ConfidenceLevel,
    model_version: {
      ...VersionName,
      description: "The model that made the scores, such as `v1.0.0`; refused if it is not the active one.",
    },
    request_context: Type.Optional(RequestContext),
  },
  { title: "NewAssessment", ...strict },
);

export type NewAssessment = Static<typeof NewAssessment>;

export const Assessment = Type.Object(
  {
    id: Type.String({ format: "uuid" }),
    user_id: Type.String({ format: "uuid" }),
    model_version: Type.String(),
    features: Features,
    raw_score: score("What the model said."),
    calibrated_score: score("The raw score on the model's calibration curve."),
    risk_level: RiskLevel,
    confidence_level: ConfidenceLevel,
    created_at: Type.String({ format: "date-time", description: "UTC, with microseconds." }),
  },
  { title: "Assessment", ...strict },
);

export type Assessment = Static<typeof Assessment>;

export const AssessmentPage = Type.Object(
  {
    items: Type.Array(Assessment, { description: "Newest first." }),
    next_cursor: Type.Union([Type.String(), Type.Null()], {
      description: "Send it as `cursor` for the next page; null on the last one.",
    }),
  },
  { title: "AssessmentPage", ...strict },
);

export type AssessmentPage = Static<typeof AssessmentPage>;
