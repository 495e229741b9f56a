import { strict as assert } from "node:assert";
import { SCHEMA_VERSION, VERSION } from "../../../lib/contract";
import type { Case } from "../case";
import { serverName } from "../database";

const TABLES = [
  "assessments",
  "audit_logs",
  "auth_sessions",
  "model_versions",
  "reports",
  "schema_migrations",
  "users",
];

export const verification: Case = {
  name: "verification",
  title: "The four verification commands show seven tables, the users, the model, and data-svc's log",
  async run(e2e) {
    const psql = `kubectl exec ${serverName(e2e)} -- psql -U diabrisk -d diabrisk -c`;
    const tables = await e2e.type(`${psql} "\\dt"`);
    assert.deepEqual(column(tables.stdout, "Name"), TABLES);

    const users = await e2e.type(`${psql} "SELECT * FROM users;"`);
    const { testUsers } = e2e.stage.migration;
    const expected = testUsers
      ? [
          ["admin@diabrisk.local", "user@diabrisk.local"],
          ["admin", "registered"],
        ]
      : [[], []];
    assert.deepEqual([column(users.stdout, "email").sort(), column(users.stdout, "role").sort()], expected);

    const models = await e2e.type(`${psql} "SELECT version, auroc, auprc, is_active FROM model_versions;"`);
    const found = ["version", "auroc", "auprc", "is_active"].map((name) => column(models.stdout, name));
    assert.deepEqual(found, [["v1.0.0"], ["0.8562"], ["0.4321"], ["t"]]);

    const log = await e2e.type("kubectl logs -l app=data-svc");
    checkLog(log.stdout);
  },
};

/** The values of one column of psql's aligned output. */
function column(output: string, name: string): string[] {
  const rows = output.split("\n").filter((line) => line.includes("|"));
  const cells = rows.map((line) => line.split("|").map((cell) => cell.trim()));
  const index = cells[0]?.indexOf(name) ?? -1;
  assert.ok(index >= 0, `psql shows no column ${name}`);
  return cells.slice(1).map((row) => row[index] ?? "");
}

/** data-svc says in JSON that it saw the schema it was built for. */
function checkLog(text: string): void {
  const lines = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.ok(lines.length > 0, "data-svc logged nothing");
  for (const line of lines) assert.deepEqual([line.service, line.version], ["data-svc", VERSION]);
  const messages = lines.map(({ msg }) => msg).join("\n");
  assert.match(messages, /ready/i, "the log does not say that data-svc is ready");
  assert.match(text, new RegExp(`\\b${SCHEMA_VERSION}\\b`), `the log does not name schema version ${SCHEMA_VERSION}`);
}
