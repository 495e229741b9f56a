/** A fact's verdict. `unknown`: it could not be asked. */
export type State = "ok" | "warning" | "failed" | "unknown";

/** States, worst first. What nobody can see may be worse than a warning. */
export const STATES = ["failed", "unknown", "warning", "ok"] as const satisfies readonly State[];

/** The facts of every status, in the order in which people ask. */
export const FACTS = [
  "release",
  "schema",
  "database",
  "data-svc",
  "writes",
  "replication",
  "backup",
  "restore",
  "retention",
  "volume",
  "connections",
  "transactions",
  "certificate",
  "alerts",
] as const;
export type FactName = (typeof FACTS)[number];

/** The judgement of one thing, e.g. of the backups. */
export interface Finding {
  readonly state: State;
  /** One or two sentences for a person. They may quote the cluster. */
  readonly text: string;
  /** More lines, one for each of several things, e.g. for each pod. */
  readonly details?: readonly string[];
  /** The same for a program. docs/status.schema.json describes them. */
  readonly values?: Readonly<Record<string, string | number | boolean>>;
}

export interface Fact extends Required<Finding> {
  readonly name: FactName;
}

/** Everything that a person asks first of a stage. */
export interface Status {
  readonly stage: string;
  /** kubectl's context. Absent for the local stack. */
  readonly context?: string;
  /** Absent for the local stack. */
  readonly namespace?: string;
  /** When it was asked, in ISO 8601. */
  readonly at: string;
  /** The worst state of all facts. */
  readonly result: State;
  readonly facts: readonly Fact[];
}

/** A place that has a status. */
export type Place = Pick<Status, "stage" | "context" | "namespace">;

/** Finds out one fact. Whatever it throws makes the fact unknown. */
export type Source = () => Promise<Finding>;

/**
 * Asks all sources at once. One that fails, or that has no answer within `seconds`, makes its fact unknown and hides no
 * other.
 */
export async function gather(
  place: Place,
  sources: Readonly<Record<FactName, Source>>,
  { now, seconds }: { readonly now: () => Date; readonly seconds: number },
): Promise<Status> {
  const facts = await Promise.all(
    FACTS.map(async (name): Promise<Fact> => {
      const { state, text, details = [], values = {} } = await answerOf(sources[name], seconds);
      return { name, state, text, details, values };
    }),
  );
  return { ...place, at: now().toISOString(), result: worst(facts), facts };
}

async function answerOf(source: Source, seconds: number): Promise<Finding> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<Finding>((resolve) => {
    timer = setTimeout(() => resolve(unknown(`There was no answer within ${seconds} s.`)), seconds * 1000);
  });
  try {
    return await Promise.race([source(), silence]);
  } catch (error) {
    return unknown(error instanceof Error ? error.message : String(error));
  } finally {
    clearTimeout(timer);
  }
}

const unknown = (reason: string): Finding => ({ state: "unknown", text: `It could not be asked: ${reason}` });

/** The worst state of several findings. */
export const worst = (facts: readonly Pick<Finding, "state">[]): State =>
  STATES.find((state) => facts.some((fact) => fact.state === state)) ?? "ok";

/** Exit codes of `npm run status`. */
export const EXIT_OF = { ok: 0, failed: 1, unknown: 1, warning: 2 } as const satisfies Record<State, number>;

/** The whole in a sentence. */
export const VERDICTS = {
  ok: "All is well.",
  warning: "It works, but somebody should look.",
  unknown: "Something could not be asked.",
  failed: "Something is wrong.",
} as const satisfies Record<State, string>;

/** Sorts facts, the worst first. Those of one state keep the order in which people ask. */
export const worstFirst = (facts: readonly Fact[]): readonly Fact[] =>
  facts.toSorted((one, other) => STATES.indexOf(one.state) - STATES.indexOf(other.state));
