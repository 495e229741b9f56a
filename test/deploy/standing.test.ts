import { Standing } from "../../lib/deploy/standing";

const FILES = ["0000-a.yaml", "0001-b.yaml", "0002-c.yaml"];

function standing() {
  const found = new Standing("dev", "npm run deploy -- dev");
  found.begin(FILES);
  return found;
}

test("before anything is applied", () =>
  expect(standing().text("was left where it is by SIGINT.")).toBe(
    "The deployment of dev was left where it is by SIGINT.\nNothing was applied.\nTo go on: npm run deploy -- dev",
  ));

test("while a file is applied, which may be there in part", () => {
  const found = standing();
  found.note("", { type: "applying", object: "0000-a.yaml" });
  expect(found.text("was stopped.")).toBe(
    "The deployment of dev was stopped.\nApplied: nothing yet.\nWas being applied, maybe in part: 0000-a.yaml.\n" +
      "Not applied, and so as before: 0001-b.yaml, 0002-c.yaml.\nTo go on: npm run deploy -- dev",
  );
});

test("while an object is waited for, with its state and since when", () => {
  const found = standing();
  for (const object of FILES.slice(0, 2)) found.note("", { type: "applied", object });
  found.note("", { type: "waiting", object: "job/migrate-1", state: "running", seconds: 12 });
  found.note("", { type: "log", object: "job/migrate-1" });
  expect(found.text("was stopped.")).toContain(
    "Applied: 0000-a.yaml, 0001-b.yaml.\nIt had waited 12 s for job/migrate-1 (running), which goes on in the cluster by itself.\n" +
      "Not applied, and so as before: 0002-c.yaml.\n",
  );
});

test("while a StatefulSet is replaced, which may be missing", () => {
  const found = standing();
  found.note("", { type: "growing", object: "statefulset/postgres" });
  expect(found.text("was stopped.")).toContain(
    "Was being changed: statefulset/postgres; it may be missing, and deploying again creates it.",
  );
});

test("what is ready is not waited for any more", () => {
  const found = standing();
  found.note("", { type: "waiting", object: "job/a", state: "running" });
  found.note("", { type: "ready", object: "job/a" });
  expect(found.text("was stopped.")).not.toContain("job/a");
});
