import { strict, texts } from "../migrator/json-schema";

/** The results of DiabRisk's own commands, for the schema of `migrate … --json`. */
export const RESULTS = { bootstrap: strict({ changed: texts("What was changed.") }) };
