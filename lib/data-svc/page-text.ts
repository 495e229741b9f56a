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

/** No text needs escaping: by the table's own checks they are ids, a version, levels and a time. */
const itemText = (item: ListedAssessment) =>
  `{"id":"${item.id}","user_id":"${item.user_id}","model_version":"${item.model_version}",` +
  `"raw_score":${item.raw_score},"calibrated_score":${item.calibrated_score},"risk_level":"${item.risk_level}",` +
  `"confidence_level":"${item.confidence_level}","created_at":"${item.created_at}","features":${item.features}}`;
