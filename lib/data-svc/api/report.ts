import { type Static, Type } from "@sinclair/typebox";
import { oneOf } from "./one-of";
import { RequestContext } from "./request-context";

const strict = { additionalProperties: false };

const ReportFormat = oneOf(["pdf", "html"], { title: "ReportFormat" });

const Metadata = Type.Record(Type.String(), Type.Unknown(), {
  title: "ReportMetadata",
  description: "What the renderer wants to remember, such as pages, language or size.",
});

export const NewReport = Type.Object(
  {
    format: ReportFormat,
    content_url: Type.String({
      maxLength: 2048,
      pattern: "^[A-Za-z][A-Za-z0-9+.-]*://[!-~]+$",
      description: "Where the document is: a URL in ASCII. A new document needs a new place.",
      examples: ["s3://reports/7f1c.pdf"],
    }),
    metadata: Type.Optional(Metadata),
    request_context: Type.Optional(RequestContext),
  },
  { title: "NewReport", ...strict },
);

export type NewReport = Static<typeof NewReport>;

export const Report = Type.Object(
  {
    id: Type.String({ format: "uuid" }),
    assessment_id: Type.String({ format: "uuid" }),
    format: ReportFormat,
    content_url: Type.String({ description: "Where the document is." }),
    metadata: Metadata,
    generated_at: Type.String({ format: "date-time", description: "UTC, with microseconds." }),
  },
  { title: "Report", ...strict },
);

export type Report = Static<typeof Report>;

export const Reports = Type.Object(
  { items: Type.Array(Report, { description: "At most one of each format, by format." }) },
  { title: "Reports", ...strict },
);
