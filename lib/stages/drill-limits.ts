import { parseMebibytes, parseQuantity } from "./quantity";
import type { Amounts, NamespaceStage, Stage } from "./stage";

/** Drills at a time: the scheduled one, and one that a person started. */
const DRILLS = 2;

/** Containers of a drill that run at a time: its server, and one step. */
const DRILL_CONTAINERS = 2;

/** Limits of the drill's own namespace, which has room for drills and nothing else. */
export function drillLimits({ limits, backup }: Pick<Stage, "limits" | "backup">): NamespaceStage {
  const { resources } = backup.drill;
  return {
    container: limits.container,
    quota: { requests: forAll(resources.requests), limits: forAll(resources.limits), pods: DRILLS },
  };
}

const TIMES = DRILLS * DRILL_CONTAINERS;

const forAll = ({ cpu, memory, ephemeralStorage }: Amounts): Amounts => ({
  cpu: `${Math.ceil((parseQuantity(cpu) ?? 0) * TIMES * 1000)}m`,
  memory: `${Math.ceil((parseMebibytes(memory) ?? 0) * TIMES)}Mi`,
  ephemeralStorage: `${Math.ceil((parseMebibytes(ephemeralStorage) ?? 0) * TIMES)}Mi`,
});
