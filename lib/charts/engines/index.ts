import type { EngineName } from "../../postgres/engines";
import type { Stage } from "../../stages/stage";
import { cloudnativePg } from "./cloudnative-pg";
import type { Engine } from "./engine";
import { statefulset } from "./statefulset";

const ENGINES: Readonly<Record<EngineName, Engine>> = { statefulset, "cloudnative-pg": cloudnativePg };

/** The engine of a stage. The only place that decides by its name which objects there are. */
export const engineOf = ({ engine }: Pick<Stage, "engine">): Engine => ENGINES[engine];
