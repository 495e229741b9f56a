import type { Client, ClientConfig } from "pg";
import { EXIT } from "../contract";
import { MAJOR_VERSION, MigrateError, place, refusal } from "../migrator";
import { ROLES } from "./roles";

/** The server and user of bootstrap's connection. */
export interface Server {
  /** Such as `16.14`. */
  readonly version: string;
  readonly major: number;
  readonly standby: boolean;
  readonly user: string;
  readonly superuser: boolean;
}

/** Refuses a server on which roles cannot be made. @throws MigrateError `refused`, with all reasons */
export async function checkServer(client: Client, connection: ClientConfig): Promise<void> {
  const { rows } = await client.query<Server>(
    `select current_setting('server_version') as version, current_setting('server_version_num')::int / 10000 as major,
       pg_is_in_recovery() as standby, current_user as user, rolsuper as superuser
     from pg_roles where rolname = current_user`,
  );
  const [server] = rows;
  if (!server) throw new MigrateError(EXIT.failure, "The server does not know who is connected.");
  const problems = serverProblems(server);
  if (problems.length > 0) throw refusal(`${place(connection)} cannot be bootstrapped:`, problems);
}

/** Reasons why roles cannot be made there. */
export function serverProblems(server: Server): string[] {
  const problems: string[] = [];
  if (server.major !== MAJOR_VERSION) {
    problems.push(
      `The server is PostgreSQL ${server.version}, but roles and SQL are written for ${MAJOR_VERSION}. ` +
        "Connect to a server of that version.",
    );
  }
  if (server.standby) problems.push("The server is a standby, which cannot be written to. Connect to the primary.");
  if (!server.superuser) {
    problems.push(
      `${server.user} is not a superuser, who alone can make roles and hand over what others own. ` +
        "Connect as the one that the server was set up with (POSTGRES_USER).",
    );
  } else if (server.user in ROLES) {
    problems.push(
      `${server.user} is one of the roles that bootstrap takes superuser rights from. Connect as another superuser.`,
    );
  }
  return problems;
}
