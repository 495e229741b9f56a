import type { Case } from "./case";

/** Cases that share a namespace and run in it one after another, beside other groups. */
export interface Group {
  /** Ends the name of its namespace; `""` is the namespace that the command was given. */
  readonly name: string;
  readonly cases: readonly Case[];
  /** Runs when those beside each other have ended, since a node of two cores has no room for it beside them. */
  readonly alone?: boolean;
}

/** All cases, by when they run. */
export interface Plan {
  /** Run before everything else, which builds on them. */
  readonly first: readonly Case[];
  /** Deploys what people deploy, in the namespace that the command was given. `first` and `last` run there too. */
  readonly home: Group;
  /** Run beside `home` and each other, each in a namespace of its own, in this order as places get free; at the end those alone. */
  readonly others: readonly Group[];
  /** Run alone at the end, since they disturb the whole node. */
  readonly last: readonly Case[];
  /** Groups at a time. */
  readonly atOnce: number;
}

/** Every case, in the order in which results are listed. */
export function casesOf({ first, home, others, last }: Plan): readonly Case[] {
  return [...first, ...[home, ...others].flatMap(({ cases }) => cases), ...last];
}

export interface Wishes {
  /** Names of cases; empty for no wish. */
  readonly cases: readonly string[];
  /** Run the cases that take minutes, too. */
  readonly all: boolean;
}

/** Reduces the plan to these cases, or to those that do not take minutes, and to what sets up for them. */
export function narrow(plan: Plan, { cases, all }: Wishes): Plan {
  if (cases.length > 0) return only(plan, ({ name }) => cases.includes(name));
  return all ? plan : only(plan, ({ long = false, setsUp = false }) => !long && !setsUp);
}

function only(plan: Plan, isWanted: (one: Case) => boolean): Plan {
  const needed = (cases: readonly Case[]) => cases.filter((one) => one.setsUp || isWanted(one));
  const last = plan.last.filter(isWanted);
  const inUse = (group: Group) => group.cases.some(isWanted) || (group === plan.home && last.length > 0);
  const narrowed = (group: Group) => ({ ...group, cases: inUse(group) ? needed(group.cases) : [] });
  return {
    ...plan,
    home: narrowed(plan.home),
    others: plan.others.filter(inUse).map(narrowed),
    last,
  };
}
