import { common, personal, rule } from "./support";

const [AUTH_SVC] = personal.clients;
const OTHER = { app: "mailer", role: "mailer", connections: 1, tables: { users: { select: ["id", "email"] } } };

describe("a client", () => {
  rule("may be missing", common, "clients", []);
  rule("may stand beside another", common, "clients", [AUTH_SVC, OTHER]);
  rule(
    "has a role of its own",
    common,
    "clients",
    [AUTH_SVC, { ...OTHER, role: "auth_svc" }],
    /^clients has two whose role is "auth_svc", so each could do what the other may.*Set a role of its own/,
  );
  rule(
    "has pods of its own",
    common,
    "clients",
    [AUTH_SVC, { ...OTHER, app: "auth-svc" }],
    /two whose app is "auth-svc", so the same pods would have two roles/,
  );
  for (const role of [
    "data_svc",
    "owner",
    "diabrisk",
    "client",
    "engine_move",
    "pg_monitor",
    "cnpg_pooler",
    "public",
    "tls",
    // Secrets that CloudNativePG makes for its cluster, and for the drill's.
    ...["ca", "server", "app", "pull_secret", "replication", "superuser", "drill_ca", "drill_app"],
  ])
    rule(`has no role of another's: ${role}`, common, "clients.0.role", role, /role is ".*", which is taken/);
  for (const role of ["Auth", "auth-svc", "auth svc", "a", "auth_", "_auth", "auth2", "x".repeat(55), 'a";drop'])
    rule(
      `has a role that every layer can name: ${role}`,
      common,
      "clients.0.role",
      role,
      /which is no role's name here/,
    );
  for (const app of ["data-svc", "migrate", "postgres", "postgres-backup", "postgres-exporter"])
    rule(`is none of our own programs: ${app}`, common, "clients.0.app", app, /whose pods are this package's own/);
  rule("has a label that Kubernetes takes", common, "clients.0.app", "Auth", /app is "Auth", which Kubernetes refuses/);
  rule("has a connection", common, "clients.0.connections", 0, /connections is 0, which is not a whole number/);
  rule("can do something", common, "clients.0.tables", {}, /tables is empty, so auth-svc could do nothing/);
  rule("can do something with each table", common, "clients.0.tables.users", {}, /tables\.users allows nothing/);
  rule("names no empty list", common, "clients.0.tables.users.insert", [], /users\.insert is empty/);
  rule("is told of by a compiler or here", common, "clients.0.tables.users.read", ["id"], /users\.read is no setting/);
});

describe("what a client names", () => {
  rule(
    "is a table",
    common,
    "clients.0.tables.user",
    { select: ["id"] },
    /has "user", which is no table\. Name some of users/,
  );
  rule(
    "is no word of JavaScript",
    common,
    "clients.0.tables.toString",
    { select: ["id"] },
    /"toString", which is no table/,
  );
  rule(
    "is a column",
    common,
    "clients.0.tables.users.select",
    ["id", "name"],
    /has "name", which is no column\. Name some/,
  );
  rule("comes once", common, "clients.0.tables.users.select", ["id", "id"], /users\.select has id twice/);
  rule(
    "holds no health data",
    common,
    "clients.0.tables.assessments",
    { select: ["id"] },
    /assessments, which holds health data/,
  );
  rule(
    "leads to no health data",
    common,
    "clients.0.tables.reports",
    { select: ["id"] },
    /reports, which leads to documents/,
  );
  for (const grant of [{ select: ["id"] }, { insert: ["action"] }])
    rule(
      `is not the audit log: ${Object.keys(grant)}`,
      common,
      "clients.0.tables.audit_logs",
      grant,
      /evidence only if/,
    );
  rule(
    "makes no administrator",
    common,
    "clients.0.tables.users.insert",
    ["email", "role"],
    /insert is set for role, with which/,
  );
  rule(
    "makes nobody an administrator",
    common,
    "clients.0.tables.users.update",
    ["role"],
    /update is set for role, with which/,
  );
  rule(
    "tells no pseudonym",
    common,
    "clients.0.tables.users.select",
    ["id", "pseudonym"],
    /select is set for pseudonym/,
  );
  rule(
    "erases nobody in silence",
    common,
    "clients.0.tables.users.delete",
    true,
    /delete is set, but a person is erased with/,
  );
  rule(
    "leaves the migrator's record alone",
    common,
    "clients.0.tables.schema_migrations",
    { update: ["dirty"] },
    /migrator's own record/,
  );
  rule(
    "activates no model",
    common,
    "clients.0.tables.model_versions",
    { update: ["is_active"] },
    /the active model decides/,
  );
  rule(
    "shows tokens to one client alone",
    common,
    "clients",
    [AUTH_SVC, { ...OTHER, tables: { auth_sessions: { select: ["token_hash"] } } }],
    /auth-svc \(select of token_hash\) and mailer \(select of token_hash\).*sessions have one owner/,
  );
  for (const [grant, use] of [
    [{ insert: ["user_id", "token_hash", "expires_at"] }, "insert of token_hash, insert of user_id"],
    [{ insert: ["user_id"] }, "insert of user_id"],
    [{ update: ["token_hash"] }, "update of token_hash"],
    [{ update: ["user_id"] }, "update of user_id"],
    [{ update: ["expires_at"] }, "update of expires_at"],
    [{ update: ["revoked_at"] }, "update of revoked_at"],
    [{ delete: true }, "delete"],
  ] as const)
    rule(
      `lets one client alone make and end logins: ${use}`,
      common,
      "clients",
      [AUTH_SVC, { ...OTHER, tables: { auth_sessions: grant } }],
      new RegExp(`auth-svc \\(select of token_hash\\) and mailer \\(${use}\\)`),
    );
  rule("lets others look at sessions and note their use", common, "clients", [
    AUTH_SVC,
    { ...OTHER, tables: { auth_sessions: { select: ["id", "user_id", "expires_at"], update: ["last_activity"] } } },
  ]);
});

describe("the connections of all clients", () => {
  rule(
    "leave data-svc its own",
    personal,
    "clients.0.connections",
    4,
    /poolSize is 4, .*want 12 connections, .*allows 25, 10 of them for others, 4 for auth-svc\. Set poolSize to at most 3/,
  );
  rule(
    "leave any",
    personal,
    "clients.0.connections",
    15,
    /15 for auth-svc\. Lower replicas or clients' connections, or raise/,
  );
});
