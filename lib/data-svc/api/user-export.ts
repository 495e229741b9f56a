import { type Static, Type } from "@sinclair/typebox";
import { FORMATS } from "../export/accepted-format";
import { TABLE_NAMES } from "../export/tables";
import { Assessment } from "./assessment";
import { oneOf } from "./one-of";
import { Report } from "./report";

const strict = { additionalProperties: false };

const orNull = (schema: ReturnType<typeof Type.String>) => Type.Union([schema, Type.Null()]);
const Id = Type.String({ format: "uuid" });
const Time = Type.String({ format: "date-time", description: "UTC, with microseconds." });
const Text = Type.String();

const Account = Type.Object(
  { id: Id, email: Text, role: Text, created_at: Time, updated_at: Time, last_login_at: orNull(Time) },
  { title: "ExportedAccount", ...strict },
);

const Session = Type.Object(
  {
    ...{ id: Id, ip_address: orNull(Text), user_agent: orNull(Text) },
    ...{ created_at: Time, expires_at: Time, last_activity: Time, revoked_at: orNull(Time) },
  },
  { title: "ExportedSession", ...strict, description: "A login, without what would let anybody use it." },
);

const Whose = oneOf(["person", "somebody else", "nobody"], { title: "ExportedPerson" });

const AuditEntry = Type.Object(
  {
    ...{ done_at: Time, action: Text, resource_type: Text, resource_id: orNull(Text) },
    caller: Type.String({ description: "The service that asked." }),
    done_by: Whose,
    about: Whose,
    ...{ ip_address: orNull(Text), user_agent: orNull(Text) },
    request_metadata: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()]),
  },
  {
    title: "ExportedAuditEntry",
    ...strict,
    description: "Something that was done by the person or with their data. Null is what others must not learn.",
  },
);

const SNAPSHOT = "The moment that everything here is of, but for this time's own audit entry, which is older.";

/** Everything that is stored of a person. */
export const UserExport = Type.Object(
  {
    exported_at: Type.String({ format: "date-time", description: SNAPSHOT }),
    account: Account,
    assessments: Type.Array(Assessment, { description: "Oldest first." }),
    reports: Type.Array(Report, { description: "Oldest first." }),
    sessions: Type.Array(Session, { description: "Oldest first." }),
    audit_log: Type.Array(AuditEntry, { description: "Oldest first." }),
    complete: Type.Literal(true, { description: "The last member. Without it the export broke off." }),
  },
  { title: "UserExport", ...strict },
);

export const ExportQuery = Type.Object(
  {
    format: Type.Optional(
      oneOf(Object.keys(FORMATS) as (keyof typeof FORMATS)[], {
        description: "Default: what `Accept` prefers, else JSON.",
      }),
    ),
    table: Type.Optional(
      oneOf(TABLE_NAMES, { description: "The one table of a CSV. Default `assessments`. JSON has every table." }),
    ),
  },
  strict,
);

export type ExportQuery = Static<typeof ExportQuery>;
