import { strict as assert } from "node:assert";
import { AUTHORITY_VOLUME } from "../../../lib/constructs/authority";
import { rolesVolume } from "../../../lib/constructs/roles-volume";
import { CREDENTIAL_KEYS, DATABASE, LOGIN_ROLES, PATHS } from "../../../lib/contract";
import { enter } from "../../../lib/deploy/enter";
import { forward } from "../../../lib/deploy/port-forward";
import { databaseUsers, passwordOf } from "../../../lib/secrets/credentials";
import { issueTls } from "../../../lib/secrets/issue";
import { CELLS, wholeTable } from "../../roles/matrix";
import type { Case, E2e } from "../case";
import { query } from "../database";
import { startPod, type TestPod } from "../pods";
import { deployedCredentials } from "../rotation";

export const roles: Case = {
  name: "roles",
  title:
    "Each role may what it should on the running server, over verified TLS alone, and none but the superuser uses the socket",
  async run(e2e) {
    const image = "postgres:16-alpine";
    const mounts = {
      [PATHS.tls]: AUTHORITY_VOLUME,
      [PATHS.roles]: rolesVolume(databaseUsers(e2e.stage), [CREDENTIAL_KEYS.url]),
    };
    const pod = await startPod(e2e, { name: "e2e-psql", image, labels: { app: "migrate" }, mounts });
    await logins(e2e, pod);
    await matrix(e2e, pod);
    await socket(e2e);
    await verifiers(e2e);
    await withoutTls(e2e, pod);
    await wrongAuthority(e2e);
    await pod.remove();
  },
};

/** psql as a role, with the URL of its Secret; `more` is added to its parameters. */
const psql = (pod: TestPod, role: string, sql: string, more = "") =>
  pod.run("sh", "-c", 'psql -AtqX -v ON_ERROR_STOP=1 "$(cat "$0")$1" -c "$2"', `${PATHS.roles}/${role}/url`, more, sql);

async function logins(e2e: E2e, pod: TestPod): Promise<void> {
  for (const role of databaseUsers(e2e.stage)) {
    const sql = "select session_user, version from pg_stat_ssl where pid = pg_backend_pid()";
    const { stdout, stderr } = await psql(pod, role, sql);
    e2e.evidence(`with sslmode=verify-full: ${stdout}${stderr}`);
    assert.match(stdout, new RegExp(`^${role}\\|TLSv1\\.[23]$`, "m"));
  }
}

async function matrix(e2e: E2e, pod: TestPod): Promise<void> {
  const columns = await query(
    e2e,
    `select distinct on (attrelid) attrelid::regclass, quote_ident(attname) from pg_attribute
     where attrelid in (select oid from pg_class where relkind in ('r', 'p') and relnamespace::regnamespace::text in ('public', 'audit', 'erasure', 'migrate'))
       and attnum > 0 and not attisdropped order by attrelid, attnum desc`,
  );
  const last = new Map(columns.map(([table = "", column = ""]) => [table, column]));
  for (const role of LOGIN_ROLES) {
    const cells = CELLS.filter(([of]) => of === role);
    const tries = cells.flatMap(([, may, table]) => {
      const column = last.get(table);
      assert.ok(column, `the database has no table ${table}`);
      return wholeTable(may).map(([verb, statement]) => [`${table} ${verb}`, statement(table, column)] as const);
    });
    const { code, stderr } = await psql(pod, role, attempts(tries));
    assert.equal(code, 0, stderr);
    const found = new Set([...stderr.matchAll(/may: (.*)/g)].map(([, cell]) => cell));
    for (const [, may, table] of cells) {
      const does = wholeTable(may).flatMap(([verb]) => (found.has(`${table} ${verb}`) ? [verb] : []));
      // Single columns are test/roles' business.
      assert.equal(does.join(""), may.replace(/[a-z]/g, ""), `${role} on ${table}`);
    }
    e2e.evidence(`${role}: ${cells.map(([, may, table]) => `${table} ${may || "-"}`).join(", ")}`);
  }
}

/** A block that notes each statement that gets past the privileges, and undoes all of them. */
function attempts(tries: readonly (readonly [name: string, statement: string])[]): string {
  const blocks = tries.map(
    ([name, statement]) => `begin
      ${statement.startsWith("select") ? `perform * from (${statement}) as rows` : statement};
      raise exception using errcode = 'ZZ000';
    exception when insufficient_privilege then null; when others then raise notice 'may: %', '${name}'; end;`,
  );
  // That some sessions start read-only is a setting, not a privilege.
  return `begin read write; set local lock_timeout = '20s'; do $try$ begin ${blocks.join("\n")} end $try$; rollback`;
}

async function socket(e2e: E2e): Promise<void> {
  for (const role of LOGIN_ROLES) {
    const { code, stderr } = await e2e.kubectl.try([
      "exec",
      "postgres-0",
      "--",
      "psql",
      "-U",
      role,
      "-d",
      "diabrisk",
      "-c",
      "select 1",
    ]);
    assert.notEqual(code, 0, `${role} got in over the socket`);
    assert.match(stderr, /no pg_hba\.conf entry for host "\[local\]"/);
  }
  e2e.evidence(`over the socket, ${LOGIN_ROLES.join(", ")}: no pg_hba.conf entry`);
}

async function verifiers(e2e: E2e): Promise<void> {
  const kinds = await query(
    e2e,
    "select rolname, left(rolpassword, 14) from pg_authid where rolcanlogin or rolpassword is not null order by 1",
  );
  e2e.evidence(kinds.map((kind) => kind.join(" ")).join("\n"));
  assert.deepEqual(
    kinds,
    [...databaseUsers(e2e.stage)].sort().map((role) => [role, "SCRAM-SHA-256$"]),
  );
}

async function withoutTls(e2e: E2e, pod: TestPod): Promise<void> {
  for (const role of databaseUsers(e2e.stage)) {
    const { code, stderr } = await psql(pod, role, "select 1", "&sslmode=disable");
    assert.notEqual(code, 0, `${role} got in without TLS`);
    assert.match(stderr, /no pg_hba\.conf entry .* no encryption/);
  }
  const { stdout } = await e2e.kubectl.try(["exec", "deployment/data-svc", "--", "node", "-e", PLAIN]);
  e2e.evidence(`sslmode=disable from an admitted pod: refused for each; from data-svc's own pod: ${stdout}`);
  assert.match(stdout, /no pg_hba\.conf entry .* no encryption/);
}

/** A startup message without TLS, and what the server says to it. */
const PLAIN = `
const body = Buffer.concat([Buffer.from([0, 3, 0, 0]), Buffer.from("user\\0data_svc\\0database\\0${DATABASE.name}\\0\\0")]);
const size = Buffer.alloc(4);
size.writeUInt32BE(body.length + 4);
const socket = require("node:net").connect(${DATABASE.port}, "${DATABASE.host}", () => socket.write(Buffer.concat([size, body])));
socket.on("data", (chunk) => process.stdout.write(chunk.toString().replace(/[^ -~]/g, " ") + "\\n"));`;

async function wrongAuthority(e2e: E2e): Promise<void> {
  const { authority } = await issueTls(["postgres"], new Date());
  const password = passwordOf(await deployedCredentials(e2e), "monitor");
  const { port, close } = await forward(e2e.kubectl.in(e2e.namespace), "postgres-0", DATABASE.port);
  const entered = await enter({ port, user: "monitor", password, authority: authority.certificate });
  close();
  e2e.evidence(`with another authority: ${JSON.stringify(entered)}`);
  assert.ok(!entered.in && /certificate|verify/.test(entered.why), "the client takes a certificate of any authority");
}
