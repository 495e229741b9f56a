import { strict as assert } from "node:assert";
import { AUTHORITY_VOLUME } from "../../../lib/constructs/authority";
import { CREDENTIAL_KEYS, PATHS } from "../../../lib/contract";
import type { Outcome } from "../../../lib/deploy/kubectl";
import { randomPassword, secretName } from "../../../lib/secrets/credentials";
import { letCallersOut, MAY_CALL } from "../callers";
import type { Case, E2e } from "../case";
import { query } from "../database";
import { startPod, type TestPod } from "../pods";
import { change, deployedCredentials } from "../rotation";

export const clients: Case = {
  name: "clients",
  title:
    "A small auth-svc logs in over verified TLS, finds or makes a person and their session, and reads nothing else; no other pod gets in as it",
  async run(e2e) {
    const [client] = e2e.stage.clients;
    assert.ok(client, "the stage has no client");
    const { app, role } = client;
    const pod = await start(e2e, "e2e-auth-svc", role, { app });
    await reached(e2e, pod);
    try {
      await work(e2e, pod);
      await refusals(e2e, pod);
      await letCallersOut(e2e);
      await stranger(e2e, role);
      await rotation(e2e, pod, role);
    } finally {
      // Its session goes with it.
      await query(e2e, `delete from users where email = '${EMAIL}'`);
    }
    await pod.remove();
  },
};

const EMAIL = "e2e-client@example.org";
const FOLDER = PATHS.database;

/** A pod with the client's Secret and the authority, as its own manifests would mount them. */
const start = (e2e: E2e, name: string, role: string, labels: Readonly<Record<string, string>>) =>
  startPod(e2e, {
    name,
    image: "postgres:16-alpine",
    labels,
    mounts: {
      [FOLDER]: { name: "credential", secret: { secretName: secretName(role), defaultMode: 0o440 } },
      [PATHS.tls]: AUTHORITY_VOLUME,
    },
  });

/** psql with the URL of the mounted Secret. */
const psql = (pod: TestPod, sql: string): Promise<Outcome> =>
  pod.run(
    ...["sh", "-c", 'PGCONNECT_TIMEOUT=5 psql -AtqX -v ON_ERROR_STOP=1 "$(cat "$0")" -c "$1"'],
    ...[`${FOLDER}/${CREDENTIAL_KEYS.url}`, sql],
  );

/** Policies take a moment to reach a new pod. */
async function reached(e2e: E2e, pod: TestPod): Promise<void> {
  const poll = async () => {
    const { code, stderr } = await psql(pod, "select 1");
    return { state: code === 0 ? ("ready" as const) : ("waiting" as const), detail: stderr.trim() };
  };
  await e2e.wait({ what: "the client to reach the server", seconds: 60, poll });
}

async function succeed(e2e: E2e, pod: TestPod, sql: string): Promise<string> {
  const { code, stdout, stderr } = await psql(pod, sql);
  e2e.evidence(`${sql}\n${stdout}${stderr}`);
  assert.equal(code, 0, stderr);
  return stdout.trim();
}

async function work(e2e: E2e, pod: TestPod): Promise<void> {
  const tls = await succeed(e2e, pod, "select session_user, version from pg_stat_ssl where pid = pg_backend_pid()");
  assert.match(tls, /^auth_svc\|TLSv1\.[23]$/);
  const login = (email: string) =>
    `insert into users (email) values ('${email}')
     on conflict (email_key(email)) do update set last_login_at = now() returning id, role, last_login_at is not null`;
  const [id = "", role, before] = (await succeed(e2e, pod, login(EMAIL))).split("|");
  assert.deepEqual([role, before], ["registered", "f"]);
  assert.equal(await succeed(e2e, pod, login(EMAIL.toUpperCase())), `${id}|registered|t`);
  const session = await succeed(
    e2e,
    pod,
    `insert into auth_sessions (user_id, token_hash, expires_at) values ('${id}', sha512('${id}'), now() + interval '1 hour') returning id`,
  );
  const live = `select id from auth_sessions where token_hash = sha512('${id}') and revoked_at is null`;
  assert.equal(await succeed(e2e, pod, live), session);
  await succeed(e2e, pod, `update auth_sessions set last_activity = now() where id = '${session}'`);
  await succeed(e2e, pod, `update auth_sessions set revoked_at = now() where id = '${session}'`);
  assert.equal(await succeed(e2e, pod, live), "");
}

const REFUSED = [
  "select count(*) from assessments",
  "select count(*) from deidentified.assessments",
  "select count(*) from reports",
  "select count(*) from audit_logs",
  "select count(*) from model_versions",
  "select count(*) from erasure.documents",
  "select pseudonym from users",
  "insert into audit_logs (action, resource_type) values ('a', 'b')",
  "insert into users (email, role) values ('e2e-admin@example.org', 'admin')",
  `update users set role = 'admin' where email = '${EMAIL}'`,
  "delete from users",
  "delete from auth_sessions",
  "create table mine ()",
  "set role owner",
];

async function refusals(e2e: E2e, pod: TestPod): Promise<void> {
  for (const sql of REFUSED) {
    const { code, stderr } = await psql(pod, sql);
    assert.notEqual(code, 0, `${sql} was not refused`);
    assert.match(stderr, /permission denied/, sql);
    e2e.evidence(`${sql}: ${stderr.trim().split("\n")[0]}`);
  }
}

/** The Secret alone opens nothing, though its pod may open connections and ask the name servers. */
async function stranger(e2e: E2e, role: string): Promise<void> {
  const pod = await start(e2e, "e2e-not-auth-svc", role, MAY_CALL);
  const { code, stderr } = await psql(pod, "select 1");
  e2e.evidence(`a pod without the label, with the same Secret: ${stderr.trim()}`);
  assert.notEqual(code, 0, "a pod without the client's label got in");
  assert.match(stderr, /timeout expired/);
  await pod.remove();
}

async function rotation(e2e: E2e, pod: TestPod, role: string): Promise<void> {
  const before = await deployedCredentials(e2e);
  const after = { ...before, passwords: { ...before.passwords, [role]: randomPassword() } };
  await change(e2e, role, before, after);
  try {
    await reached(e2e, pod);
    e2e.evidence(`${role}: logs in with the new password from its mounted Secret, in the pod that ran before`);
  } finally {
    await change(e2e, role, after, before);
  }
}
