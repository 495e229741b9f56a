import type { Schema } from "../analysis/schema";
import type { Question } from "./question";
import type { Reader } from "./reader";

/** The material of questions. */
export interface Context {
  readonly schema: Schema;
  readonly reader: Reader;
  /** Questions of constraints that earlier pending statements add NOT VALID, by table and name. */
  readonly notValid: Map<string, Question>;
}
