import {
  ARCHIVE_DRILL,
  CLIENT_ROLE,
  CLIENT_ROLE_PATTERN,
  type ClientTable,
  DATA_SVC,
  DATABASE,
  EXPORTER,
  LOGIN_ROLES,
  MOVE_ROLE,
  OWNER_ROLE,
} from "../contract";
import { checkName, twice } from "./check-names";
import { CLOSED_TABLES, OPEN_TABLES, REFUSALS, SESSION_OWNERS } from "./open-tables";
import { operatorNames } from "./operator-names";
import { wholeNumber } from "./quantity";
import type { ClientStage, Stage } from "./stage";

/** Refuses clients that could not be told apart, would be another program, or would get at what no client may. */
export const checkClients = ({ clients }: Pick<Stage, "clients">): string[] => [
  ...clients.flatMap((client, index) => checkClient(`clients[${index}]`, client)),
  ...twice(clients.map(({ role }) => role)).map(
    (role) =>
      `clients has two whose role is "${role}", so each could do what the other may, and one password would open both. ` +
      "Set a role of its own for each.",
  ),
  ...twice(clients.map(({ app }) => app)).map(
    (app) =>
      `clients has two whose app is "${app}", so the same pods would have two roles. Set another label for the pods of one, or leave one out.`,
  ),
  ...checkTokens(clients),
];

/** Programs of this package, whose pods have roles of their own. Those of the server and its backups begin with its name. */
const OWN_APPS: readonly string[] = [DATA_SVC.name, EXPORTER.name, "migrate"];

function checkClient(field: string, { app, role, connections, tables }: ClientStage): string[] {
  const problems = [
    ...checkName(`${field}.app`, app),
    ...checkRole(`${field}.role`, role),
    ...wholeNumber(`${field}.connections`, connections, 1),
  ];
  if (OWN_APPS.includes(app) || app.split("-")[0] === DATABASE.host) {
    problems.push(
      `${field}.app is "${app}", whose pods are this package's own and have another role. Set the service's own label.`,
    );
  }
  const entries: [string, ClientTable][] = Object.entries(tables);
  if (entries.length === 0) problems.push(`${field}.tables is empty, so ${app} could do nothing. Name a table.`);
  return [...problems, ...entries.flatMap(([table, grant]) => checkTable(`${field}.tables`, table, grant))];
}

/** Roles with another purpose, and words that PostgreSQL, its access rules or `npm run secrets` read as something else. */
const TAKEN: readonly string[] = [
  ...[OWNER_ROLE, ...LOGIN_ROLES, DATABASE.superuser, MOVE_ROLE, CLIENT_ROLE, "postgres", "streaming_replica"],
  ...["public", "none", "all", "replication", "superuser"],
  // Their Secrets would be the superuser's and the certificate's.
  ...["secret", "tls"],
  ...rolesOfOperatorSecrets(),
];

/** Roles whose Secrets CloudNativePG would make, of the cluster and of the one that a drill recovers. */
function rolesOfOperatorSecrets(): string[] {
  const prefix = `${DATABASE.host}-`;
  return [DATABASE.host, ARCHIVE_DRILL.cluster]
    .flatMap((cluster) => operatorNames(cluster).Secret)
    .map((secret) => secret.slice(prefix.length).replaceAll("-", "_"));
}

function checkRole(field: string, role: string): string[] {
  if (!new RegExp(CLIENT_ROLE_PATTERN).test(role)) {
    return [
      `${field} is "${role}", which is no role's name here. Use lower-case letters, with underscores between them, at most 54.`,
    ];
  }
  if (!TAKEN.includes(role) && !/^(pg|cnpg)_/.test(role)) return [];
  return [
    `${field} is "${role}", which is taken by another role or word. Set a name after the service, like "auth_svc".`,
  ];
}

function checkTable(field: string, table: string, grant: ClientTable): string[] {
  if (Object.hasOwn(CLOSED_TABLES, table)) {
    return [`${field} has ${table}, which ${CLOSED_TABLES[table as keyof typeof CLOSED_TABLES]}.`];
  }
  if (!Object.hasOwn(OPEN_TABLES, table)) {
    return [`${field} has "${table}", which is no table. Name some of ${Object.keys(OPEN_TABLES).join(", ")}.`];
  }
  const { delete: deletes = false, ...columns } = grant;
  const lists: [string, readonly string[]][] = Object.entries(columns);
  const problems = lists.flatMap(([privilege, names]) => checkColumns(`${field}.${table}.${privilege}`, table, names));
  if (lists.length === 0 && !deletes) problems.push(`${field}.${table} allows nothing. Name columns, or leave it out.`);
  return [...problems, ...refused(`${field}.${table}`, table, grant)];
}

function checkColumns(field: string, table: string, columns: readonly string[]): string[] {
  const known: readonly string[] = OPEN_TABLES[table as keyof typeof OPEN_TABLES];
  const unknown = columns.filter((column) => !known.includes(column));
  return [
    ...(columns.length === 0 ? [`${field} is empty. Name columns, or leave it out.`] : []),
    ...unknown.map((column) => `${field} has "${column}", which is no column. Name some of ${known.join(", ")}.`),
    ...twice(columns).map((column) => `${field} has ${column} twice. Leave one of them out.`),
  ];
}

const refused = (field: string, table: string, grant: ClientTable): string[] =>
  REFUSALS.filter((refusal) => refusal.table === table).flatMap(({ privileges, column, why }) =>
    privileges
      .filter((privilege) => {
        const given = grant[privilege];
        return column === undefined ? given : Array.isArray(given) && given.includes(column);
      })
      .map((privilege) => `${field}.${privilege} is set${column ? ` for ${column}` : ""}, ${why}.`),
  );

/** Lets one client alone make sessions, change whose and how long they are, end them, and see what they are found by. */
function checkTokens(clients: readonly ClientStage[]): string[] {
  const owning = clients.flatMap(({ app, tables }) => {
    const uses = tables.auth_sessions ? ownUses(tables.auth_sessions) : [];
    return uses.length > 0 ? [`${app} (${uses.join(", ")})`] : [];
  });
  if (owning.length < 2) return [];
  return [
    `clients has ${owning.join(" and ")}: of auth_sessions this makes a login, ends it, or shows its token_hash, but sessions have one ` +
      "owner. Leave it out for all but that one.",
  ];
}

const ownUses = (grant: ClientTable): string[] => [
  ...(["select", "insert", "update"] as const).flatMap((privilege) =>
    SESSION_OWNERS[privilege]
      .filter((column) => grant[privilege]?.includes(column))
      .map((column) => `${privilege} of ${column}`),
  ),
  ...(grant.delete ? ["delete"] : []),
];
