import type { AssessmentPage } from "./api/assessment";
import { encodeCursor } from "./cursor";
import type { ListedAssessment, Page } from "./history";

/** The JSON of a `Body`. */
export type JsonText<Body> = string & { readonly of?: Body };

/** Writes a page as the answer that it is. */
export function pageText({ items, next }: Page): JsonText<AssessmentPage> {
  const cursor = JSON.stringify(next ? encodeCursor(next) : null);
  return `{"items":[${items.map(itemText).join(",")}],"next_cursor":${cursor}}`;
}

const itemText = ({ features, ...rest }: ListedAssessment) =>
  `${JSON.stringify(rest).slice(0, -1)},"features":${features}}`;
