/** A document, or a whole file, that cannot be read as YAML or not as its author meant it. */
export interface BrokenDocument {
  readonly file: string;
  readonly line: number;
  /** The fault, e.g. `"has the key labels twice"`. */
  readonly problem: string;
}

/** The rule about the files themselves. It is about no object, so nothing can be excepted from it. */
export const DOCUMENT_RULE = {
  name: "document-broken",
  reason: "Clients refuse it, or read something else than it seems to say.",
  remedy: "Correct the file; render templates before (helm template); keep what is no manifest elsewhere.",
} as const;
