import type { Client } from "pg";
import type { Key, Query } from "./queries";

interface Plan {
  readonly "Node Type": string;
  readonly "Index Name"?: string;
  readonly "Total Cost": number;
  readonly "Plan Rows": number;
  readonly Plans?: readonly Plan[];
}

const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

/** Tells why a query's plan is not the wanted one; undefined if its indexes serve it, and nothing large is scanned or sorted. */
export async function wrongPlan(client: Client, query: Query, key: Key): Promise<string | undefined> {
  const { rows } = await client.query<{ "QUERY PLAN": [{ Plan: Plan }] }>(`explain (format json) ${query.text}`, [
    ...query.values(key),
  ]);
  const nodes = rows.flatMap((row) => nodesOf(row["QUERY PLAN"][0].Plan));
  const used = await parentsOf(
    client,
    nodes.flatMap((node) => node["Index Name"] ?? []),
  );
  const missing = query.indexes.filter((index) => !used.has(index));
  const kinds = [...new Set(nodes.map((node) => node["Node Type"]))];
  if (!missing.length && !nodes.some(isLarge)) return undefined;
  return `${kinds.join(", ")}; indexes: ${[...used].join(", ") || "none"}`;
}

/** A partition of some pages may well be scanned, such as the default one, and some rows sorted. */
const isLarge = (node: Plan) =>
  (node["Node Type"] === "Seq Scan" && node["Total Cost"] > FEW) ||
  (/Sort/.test(node["Node Type"]) && node["Plan Rows"] > FEW);
const FEW = 1000;

/** Names the indexes of the partitioned table, of which a partition's are parts; others stay as they are. */
async function parentsOf(client: Client, indexes: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ name: string }>(
    `select distinct coalesce(parent.relname, own.relname) as name
     from pg_class as own
     left join pg_inherits on inhrelid = own.oid
     left join pg_class as parent on parent.oid = inhparent
     where own.relkind in ('i', 'I') and own.relname = any ($1)`,
    [indexes],
  );
  return new Set(rows.map(({ name }) => name));
}
