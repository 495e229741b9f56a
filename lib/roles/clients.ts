import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { CLIENT_ROLE, CLIENT_ROLE_PATTERN, type Client } from "../contract";
import { OPERATOR_ROLES } from "./privileges";
import { ROLES, type RoleDefinition } from "./roles";

const Columns = Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }));

const Clients = Type.Array(
  Type.Object(
    {
      app: Type.String({ minLength: 1 }),
      role: Type.String({ pattern: CLIENT_ROLE_PATTERN }),
      connections: Type.Integer({ minimum: 1 }),
      tables: Type.Record(
        Type.String(),
        Type.Object(
          { select: Columns, insert: Columns, update: Columns, delete: Type.Optional(Type.Boolean()) },
          { additionalProperties: false },
        ),
      ),
    },
    { additionalProperties: false },
  ),
);

/** Settings as a program reads them, with the problems that it finds. */
interface Settings {
  readonly problems: string[];
  read(name: string): string | undefined;
}

/**
 * Reads the services that run their own SQL from CLIENTS, as JSON; undefined if it is not set. An empty list says that there
 * are none.
 */
export function readClients(settings: Settings): readonly Client[] | undefined {
  const text = settings.read("CLIENTS");
  if (text === undefined) return undefined;
  const clients = parse(text);
  if (!clients) {
    settings.problems.push(
      "CLIENTS is no list of clients. Set it to JSON like " +
        '[{"app":"auth-svc","role":"auth_svc","connections":3,"tables":{"users":{"select":["id"]}}}], or leave it out.',
    );
    return undefined;
  }
  const names = clients.map(({ role }) => role);
  const taken = names.filter((role) => role in ROLES || (OPERATOR_ROLES as readonly string[]).includes(role));
  const twice = names.filter((role, index) => names.indexOf(role) !== index);
  settings.problems.push(
    ...taken.map((role) => `CLIENTS has the role ${role}, which is another one's. Name the client's role differently.`),
    ...twice.map((role) => `CLIENTS has the role ${role} twice. Leave one of them out.`),
  );
  return clients;
}

function parse(text: string): Client[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Value.Check(Clients, value) ? (value as Client[]) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The role of a client. As data_svc's, its limits are a net for a lost session that holds locks. */
export const clientRole = ({ app, connections }: Client): RoleDefinition => ({
  ...ROLES.data_svc,
  comment: `${app}, which runs its own SQL.`,
  connectionLimit: () => connections,
  memberOf: { [CLIENT_ROLE]: { inherit: false } },
});
