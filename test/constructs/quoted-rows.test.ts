import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { shellScript } from "../../lib/constructs/shell-script";
import { script } from "../../lib/restore/script";

/** Messages of pg_restore about rows that do not fit, one of them with a line break. */
const SAID = `pg_restore: connecting to database for restore
pg_restore: error: COPY failed for table "audit_logs": ERROR:  new row for relation "audit_logs" violates check constraint "c"
DETAIL:  Failing row contains (1, first-secret
second-secret).
CONTEXT:  COPY audit_logs, line 1: "1	third-secret"
pg_restore: error: COPY failed for table "users": ERROR:  invalid input syntax for type integer: "fourth-secret
fifth-secret"
HINT:  Look at it.
pg_restore: warning: errors ignored on restore: 2
`;

const KEPT = `pg_restore: connecting to database for restore
pg_restore: error: COPY failed for table "audit_logs": ERROR:  new row for relation "audit_logs" violates check constraint "c"
pg_restore: error: COPY failed for table "users": ERROR:  invalid input syntax for type integer: (a value)
HINT:  Look at it.
pg_restore: warning: errors ignored on restore: 2
`;

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "quoted-"));
  fs.writeFileSync(path.join(folder, "said"), SAID);
  fs.writeFileSync(path.join(folder, "pg_restore"), `#!/bin/sh\ncat ${folder}/said >&2\nexit 1\n`, { mode: 0o755 });
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

const SCRIPTS = {
  "a step of the drill": () =>
    shellScript("drill-step", { STEP: "restore", STEPS: path.join(folder, "steps"), NEEDED: "yes" }),
  "loading into a restored server": () => script("load.sh", { DUMP: path.join(folder, "dump") }),
};

test.each(Object.entries(SCRIPTS))("the log of %s keeps the errors and no row of the database", (_, text) => {
  const env = { PATH: `${folder}:/usr/bin:/bin`, PGDATABASE: "diabrisk" };
  const { stdout } = spawnSync("/bin/sh", ["-c", text(), "step", "pg_restore"], { env, encoding: "utf8" });
  expect(stdout).toBe(KEPT);
});
