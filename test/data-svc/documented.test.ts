import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { Features } from "../../lib/data-svc/api/features";
import { usePostgres } from "../support/postgres";
import { call, closeServices, startReady } from "./support";

const postgres = usePostgres();
afterEach(closeServices);

const [, example = ""] =
  /```sh\n(curl [\s\S]*?)```/.exec(readFileSync(path.join(__dirname, "../../docs/data-svc.md"), "utf8")) ?? [];

test("the example of an assessment in docs/data-svc.md is one that the service takes", async () => {
  // The shell takes the quotes off, and prints what it would have given to curl.
  const { stdout } = spawnSync("/bin/sh", ["-c", `curl() { for last; do :; done; printf %s "$last"; }\n${example}`], {
    encoding: "utf8",
    env: { URL: "http://service" },
  });
  expect(Object.keys(JSON.parse(stdout).features)).toEqual(Object.keys(Features.properties));
  const service = await startReady(await postgres.createMigratedDatabase());
  const { status, body } = await call(service, "POST /internal/assessments", JSON.parse(stdout));
  expect([status, body]).toEqual([201, expect.objectContaining({ risk_level: "prediabetes" })]);
});
