import { ALL_STAGES } from "../../lib/stages";

/** Stages whose database is our own StatefulSet. */
export const STATEFUL_STAGES = ALL_STAGES.filter(({ engine }) => engine === "statefulset");
