import { parseQuantity } from "../../stages/quantity";

/** Amounts by a quota's key, e.g. `requests.cpu`. */
export type Amounts = Readonly<Record<string, number>>;

interface Container {
  readonly restartPolicy?: string;
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
}

/** A pod's specification, or that of a template. */
export interface PodSpec {
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
}

/** Computes what a quota counts for a pod: its containers together, or the largest of those that run before them. */
export function amountsOf({ containers = [], initContainers = [] }: PodSpec): Amounts {
  const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === "Always");
  const first = initContainers.filter(({ restartPolicy }) => restartPolicy !== "Always");
  const running = sum([...containers, ...sidecars].map(ofContainer));
  return first.map(ofContainer).reduce(largest, { ...running, pods: 1 });
}

function ofContainer({ resources: { requests = {}, limits = {} } = {} }: Container): Amounts {
  // Without a request Kubernetes takes the limit.
  const asked = { ...limits, ...requests };
  return Object.fromEntries([...entries("requests", asked), ...entries("limits", limits)]);
}

const entries = (side: string, amounts: Readonly<Record<string, string>>) =>
  Object.entries(amounts).map(([name, amount]) => [`${side}.${name}`, parseQuantity(amount) ?? 0] as const);

/** Adds up. */
export const sum = (all: readonly Amounts[]): Amounts =>
  all.reduce((one, other) => merge(one, other, (a, b) => a + b), {});

/** Takes the larger of each amount. */
export const largest = (one: Amounts, other: Amounts): Amounts => merge(one, other, Math.max);

export const times = (amounts: Amounts, count: number): Amounts =>
  Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, amount * count]));

function merge(one: Amounts, other: Amounts, join: (a: number, b: number) => number): Amounts {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries([...names].map((name) => [name, join(one[name] ?? 0, other[name] ?? 0)]));
}
