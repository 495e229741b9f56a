import { isFenced } from "./fence";
import { isHeld } from "./hold";
import { MoveError, type Server } from "./server";
import { sql } from "./sql";

/** Facts of a server that decide whether its database can move. */
export interface Facts {
  /** Major version. */
  readonly version: number;
  readonly superuser: boolean;
  readonly inRecovery: boolean;
  readonly walLevel: string;
  readonly freeSlots: number;
  readonly freeSenders: number;
  /** -1 for none. */
  readonly connectionLimit: number;
  readonly encoding: string;
  readonly bytes: number;
  readonly tables: number;
  readonly withoutIdentity: readonly string[];
  readonly unlogged: readonly string[];
  readonly materialized: readonly string[];
  readonly largeObjects: number;
  readonly prepared: number;
  readonly otherSlots: readonly string[];
  readonly extensions: readonly string[];
  readonly available: readonly string[];
  readonly roles: readonly string[];
  readonly neededRoles: readonly string[];
  /** Whether changes of the schema are held by a move. */
  readonly held: boolean;
  /** Whether writers are kept out by a move. */
  readonly fenced: boolean;
}

export async function readFacts(server: Server): Promise<Facts> {
  const facts = (await server.run(sql("obstacles.sql"))) as Omit<Facts, "held" | "fenced">;
  return { ...facts, held: await isHeld(server), fenced: await isFenced(server) };
}

/** Slots of the subscription and of two tables that it copies at a time. */
const SLOTS = 3;

/**
 * Lists the reasons why the database cannot move, a sentence each; empty if it can.
 * @param target the new server. @default there is none yet
 */
export const obstacles = (source: Facts, target?: Facts): readonly string[] => [
  ...serverProblems("The old server", source),
  ...databaseProblems(source),
  ...(target ? [...serverProblems("The new server", target), ...targetProblems(source, target)] : []),
];

function serverProblems(server: string, { superuser, inRecovery, walLevel }: Facts): string[] {
  return [
    ...(superuser
      ? []
      : [`${server} knows the move's user as no superuser. Connect as the one that it was set up with.`]),
    ...(inRecovery ? [`${server} is in recovery. The move needs the primary.`] : []),
    ...(walLevel === "logical"
      ? []
      : [
          `${server} has wal_level ${walLevel}, and the move needs logical. Deploy this release to its stage first, which restarts the database ` +
            "once and asks before.",
        ]),
  ];
}

function databaseProblems(source: Facts): string[] {
  const { freeSlots, freeSenders, held, fenced, connectionLimit, largeObjects, prepared } = source;
  return [
    ...(held || Math.min(freeSlots, freeSenders) >= SLOTS
      ? []
      : [
          `The old server has room for ${freeSlots} more replication slots and ${freeSenders} more senders, and the move needs ${SLOTS}. Drop slots ` +
            "that nobody uses, or raise max_replication_slots and max_wal_senders.",
        ]),
    ...tables(
      source.withoutIdentity,
      "No primary key or other replica identity",
      "Their rows could not be changed once they are published. Have a migration add a key, or say `alter table … replica identity full`.",
    ),
    ...tables(
      source.unlogged,
      "Unlogged tables",
      "Logical replication leaves their rows out. Make them logged, or drop them.",
    ),
    ...tables(
      source.materialized,
      "Materialized views",
      "Their rows are not replicated. Drop them, and make them anew after the move.",
    ),
    ...tables(
      source.otherSlots,
      "Logical slots of something else on the old server",
      "It would lose changes. Move that first, or drop them.",
    ),
    ...(largeObjects > 0
      ? [
          `There are ${largeObjects} large objects, which are not replicated. Keep their contents in columns of type bytea.`,
        ]
      : []),
    ...(prepared > 0
      ? ["Transactions are prepared and not ended (select * from pg_prepared_xacts). Commit or roll back each."]
      : []),
    ...(fenced || connectionLimit === -1
      ? []
      : [
          `The database has a connection limit of ${connectionLimit}, and the move uses that setting to keep writers out. Take it away: alter ` +
            "database … connection limit -1.",
        ]),
  ];
}

function targetProblems(source: Facts, target: Facts): string[] {
  return [
    ...(source.version === target.version
      ? []
      : [`The servers are PostgreSQL ${source.version} and ${target.version}. Move between the same major version.`]),
    ...(source.encoding === target.encoding
      ? []
      : [
          `The databases' encodings are ${source.encoding} and ${target.encoding}. Make the new one as the old one is.`,
        ]),
    ...tables(
      source.extensions.filter((name) => !target.available.includes(name)),
      "Extensions that the new server's image lacks",
      "Drop them, or use an image that has them.",
    ),
    ...(target.held || target.tables === 0
      ? []
      : [
          `The new server's database has ${target.tables} tables that no move has made. Begin with an empty one: delete the Cluster and its claims, if ` +
            "nobody needs what they hold.",
        ]),
    ...(target.held && !source.held
      ? [
          "The new server's database has the remains of a move that was abandoned or undone. Delete the Cluster and its claims, and begin anew.",
        ]
      : []),
  ];
}

const tables = (names: readonly string[], what: string, why: string) =>
  names.length === 0 ? [] : [`${what}: ${names.join(", ")}. ${why}`];

/** @throws MoveError with all reasons */
export function requireMovable(source: Facts, target: Facts): void {
  const found = obstacles(source, target);
  if (found.length === 0) return;
  throw new MoveError(`The database cannot move:\n${found.map((each) => `  - ${each}`).join("\n")}`);
}

/** Roles that own or may use something of the database and are not on the new server, which would fail the import. */
export const missingRoles = (source: Facts, target: Facts): readonly string[] =>
  source.neededRoles.filter((role) => !target.roles.includes(role));
