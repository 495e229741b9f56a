import { type Static, Type } from "@sinclair/typebox";

const strict = { additionalProperties: false };

export const Erasure = Type.Object(
  {
    erased: Type.Boolean({ description: "False if there was no such user any more, or never." }),
    documents: Type.Integer({
      description: "Documents that have still to be deleted: see /internal/erased-documents.",
    }),
  },
  { title: "Erasure", ...strict },
);

export type Erasure = Static<typeof Erasure>;

/** The largest number that JSON readers of every language keep exact. */
const MAX_ID = Number.MAX_SAFE_INTEGER;

export const DocumentId = Type.Integer({ minimum: 1, maximum: MAX_ID });

const ErasedDocument = Type.Object(
  {
    id: DocumentId,
    report_id: Type.String({ format: "uuid" }),
    content_url: Type.String({ description: "Where the document is." }),
    erased_at: Type.String({ format: "date-time", description: "UTC, with microseconds." }),
  },
  { title: "ErasedDocument", ...strict },
);

export type ErasedDocument = Static<typeof ErasedDocument>;

export const ErasedDocuments = Type.Object(
  { items: Type.Array(ErasedDocument, { description: "Oldest first; an empty list if there are no more." }) },
  { title: "ErasedDocuments", ...strict },
);
