import { Type } from "@sinclair/typebox";
import { strict, texts } from "../migrator/json-schema";

/** The results of DiabRisk's own commands, for the schema of `migrate … --json`. */
export const RESULTS = {
  bootstrap: strict({ changed: texts("What was changed.") }),
  "await-rollout": strict({
    sessions: Type.Integer({ minimum: 1, description: "Sessions of this release or a newer one." }),
  }),
};
