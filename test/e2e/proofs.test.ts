import type { Case } from "./case";
import { proofsPage } from "./proofs";
import type { Result } from "./results";

const one = (name: string, title: string): Case => ({ name, title, run: async () => undefined });

const pageAfter = (before: string, ...results: Result[]) =>
  proofsPage({
    before,
    date: "2026-11-30",
    commit: "1a2b3c4",
    machine: "Kubernetes v1.34.4 on 2 cores and 23 GiB",
    cases: [one("killed", "Nothing is lost"), one("prod-lives", "Prod lives"), one("a", "It holds")],
    results,
  });
const page = (...results: Result[]) => pageAfter("", ...results);

test("says of each case its promise, its outcome, how long it took, and its figures", () => {
  const text = page(
    { name: "killed", outcome: "passed", seconds: 12.34, figures: { "writes lost": 0, "seconds until ready": 4.2 } },
    { name: "a", outcome: "passed", seconds: 1, figures: {} },
  );
  expect(text).toContain(
    "\n| `killed` | Nothing is lost | passed | 12.3 | writes lost: 0; seconds until ready: 4.2 | 2026-11-30, 1a2b3c4 |\n",
  );
  expect(text).toContain("\n| `a` | It holds | passed | 1.0 |  | 2026-11-30, 1a2b3c4 |\n");
});

test("gives the reason of a case that was skipped or failed, in one line and one cell", () => {
  const text = page(
    { name: "prod-lives", outcome: "skipped", seconds: 0, reason: "operator a|b is not built" },
    { name: "killed", outcome: "failed", seconds: 3, reason: "<3 rows are lost\nat line 7" },
  );
  expect(text).toContain(
    "| `prod-lives` | Prod lives | skipped: operator a\\|b is not built | 0.0 |  | 2026-11-30, 1a2b3c4 |",
  );
  expect(text).toContain("| `killed` | Nothing is lost | failed: &lt;3 rows are lost | 3.0 |  | 2026-11-30, 1a2b3c4 |");
  expect(text).toContain("0 passed, 1 failed, 1 skipped, 1 never run");
});

test("says what was proven, where and when", () => {
  for (const said of ["2026-11-30", "1a2b3c4", "Kubernetes v1.34.4 on 2 cores and 23 GiB"]) {
    expect(page({ name: "a", outcome: "passed", seconds: 1 })).toContain(said);
  }
});

test("keeps the lines of cases that did not run, with their own commit, and drops those that are no more", () => {
  const before = [
    "| `killed` | Old words | failed: 1 \\| 2 | 9.0 |  | 2026-11-01, 0000000 |",
    "| `a` | It holds | passed | 2.0 |  | 2026-11-02, 1111111 |",
    "| `gone` | It was | passed | 2.0 |  | 2026-11-02, 1111111 |",
  ].join("\n");
  const text = pageAfter(before, { name: "a", outcome: "passed", seconds: 1 });
  expect(text).toContain("| `killed` | Old words | failed: 1 \\| 2 | 9.0 |  | 2026-11-01, 0000000 |");
  expect(text).toContain("| `a` | It holds | passed | 1.0 |  | 2026-11-30, 1a2b3c4 |");
  expect(text).toContain("| `prod-lives` | Prod lives | never run |  |  |  |");
  expect(text).not.toContain("gone");
  expect(text).toContain("1 passed, 1 failed, 0 skipped, 1 never run");
});
