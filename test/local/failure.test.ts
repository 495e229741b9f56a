import { EmbeddedPostgresError } from "../../lib/local/embedded-postgres";
import { explain, Interrupted, StepError } from "../../lib/local/failure";

test.each<[string, unknown, RegExp]>([
  ["a port in use", new EmbeddedPostgresError("postgres ended: Address already in use"), /Leave --database-port/],
  ["a full disk", Object.assign(new Error("write"), { code: "ENOSPC" }), /Free some space/],
  ["a forbidden path", Object.assign(new Error("open"), { code: "EACCES", path: "/x" }), /Make \/x accessible/],
  ["a broken installation", new EmbeddedPostgresError("initdb failed"), /npm ci/],
  ["anything else", new Error("the stage dev is wrong"), /run `npm start` again/],
])("says what to do about %s", (_, cause, advice) => {
  const text = explain(new StepError("Start PostgreSQL", cause));
  expect(text).toContain("Start PostgreSQL failed.");
  expect(text).toContain((cause as Error).message);
  expect(text).toMatch(advice);
});

test("shows what a failed program wrote rather than its command line", () => {
  const cause = Object.assign(new Error("Command failed: node main.ts"), { stderr: "unknown stage qa\n" });
  expect(explain(new StepError("Synthesize", cause))).toMatch(/Why: unknown stage qa\n/);
});

test("an interruption is not called a failure", () => {
  expect(explain(new Interrupted("stopped by SIGINT"))).toMatch(/^\nStopped by SIGINT before it was done\./);
});
