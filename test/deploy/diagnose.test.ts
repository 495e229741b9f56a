import { mkdtemp, rm } from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { diagnose } from "../../lib/deploy/diagnose";
import { Kubectl } from "../../lib/deploy/kubectl";
import { shellProgram } from "../support/shell-program";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "diagnose-"));
});
afterEach(() => rm(folder, { recursive: true }));

const pod = (name: string, ready: boolean) => ({
  kind: "Pod",
  metadata: { name },
  status: {
    phase: "Running",
    conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
    containerStatuses: [{ name: "main", ready, state: { running: {} } }],
  },
});

/** Diagnoses these pods. Every command except the list of pods answers with its own words. */
async function diagnosed(pods: readonly object[], more = ""): Promise<string> {
  const list = JSON.stringify({ items: pods });
  await shellProgram(
    folder,
    "kubectl",
    `case "$*" in *--output=json*) echo '${list}' ;; ${more} *--previous*) exit 1 ;; *) echo "kubectl $*" ;; esac`,
  );
  return await diagnose(new Kubectl({ PATH: `${folder}:/usr/bin:/bin` }));
}

test("shows the pods first, then each unready one with its state and log, then the newest events", async () => {
  expect(await diagnosed([pod("good-0", true), pod("bad-0", false)])).toBe(
    `--- Pods
    kubectl get pods --output=wide
--- Pod bad-0
    kubectl describe pod bad-0
--- Log of bad-0
    kubectl logs bad-0 --all-containers --prefix --tail=25
--- Events
    kubectl get events --sort-by=.metadata.creationTimestamp`,
  );
});

test("of many unready pods it shows four, which say the same as the rest", async () => {
  const report = await diagnosed([1, 2, 3, 4, 5].map((number) => pod(`bad-${number}`, false)));
  expect(report.match(/^--- Pod .*$/gm)).toEqual([1, 2, 3, 4].map((number) => `--- Pod bad-${number}`));
});

test("shows what a container said before its restart", async () => {
  const report = await diagnosed([pod("bad-0", false)], '*--previous*) echo "out of memory" ;;');
  expect(report).toContain("--- Log of bad-0 before its restart\n    out of memory");
});

test("shows what a command complains of where it shows nothing else", async () => {
  const report = await diagnosed([], '*events*) echo "events is forbidden" >&2; exit 1 ;;');
  expect(report).toContain("--- Events\n    events is forbidden");
});
