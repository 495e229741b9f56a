import type { Readiness } from "../../lib/deploy/readiness";
import { WaitError, waitFor } from "../../lib/deploy/waiting";

/** Answers with each state in turn, and with the last one for ever. */
function sequence(...states: Readiness[]) {
  let next = 0;
  return async () => states[Math.min(next++, states.length - 1)] as Readiness;
}

const waiting = (detail: string): Readiness => ({ state: "waiting", detail });
const ready: Readiness = { state: "ready", detail: "" };

function run(poll: () => Promise<Readiness>, seconds = 5, signal?: AbortSignal) {
  const lines: string[] = [];
  const context = { say: (line: string) => lines.push(line), pollMilliseconds: 1, ...(signal && { signal }) };
  return { lines, done: waitFor({ what: "statefulset/postgres", seconds, poll }, context) };
}

test("says what it waits for, once for each state, with the time and the deadline", async () => {
  const { lines, done } = run(sequence(waiting("0/1 ready"), waiting("0/1 ready"), waiting("pulling"), ready));
  await done;
  expect(lines).toEqual([
    "waiting for statefulset/postgres: 0/1 ready, 0 s of 5 s",
    "waiting for statefulset/postgres: pulling, 0 s of 5 s",
  ]);
});

test("says nothing where there is nothing to wait for", async () => {
  const { lines, done } = run(sequence(ready));
  await done;
  expect(lines).toEqual([]);
});

test("gives up at the deadline, with the last state", async () => {
  const { done } = run(sequence(waiting("0/1 ready")), 0.02);
  await expect(done).rejects.toThrow(new WaitError("statefulset/postgres", "was not ready after 0.02 s: 0/1 ready"));
});

test("does not wait for what has failed", async () => {
  const { done } = run(sequence(waiting("running"), { state: "failed", detail: "exit code 4" }));
  await expect(done).rejects.toThrow("statefulset/postgres failed: exit code 4");
});

test("ends at once when it is stopped, with the reason", async () => {
  const stopping = new AbortController();
  const { done } = run(sequence(waiting("0/1 ready")), 60, stopping.signal);
  stopping.abort(new Error("stopped by SIGINT"));
  await expect(done).rejects.toThrow("stopped by SIGINT");
});
