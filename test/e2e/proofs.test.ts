import type { Case } from "./case";
import { proofsPage } from "./proofs";
import type { Result } from "./results";

const one = (name: string, title: string): Case => ({ name, title, run: async () => undefined });

const page = (...results: Result[]) =>
  proofsPage({
    date: "2026-11-30",
    commit: "1a2b3c4",
    machine: "Kubernetes v1.34.4 on 2 cores and 23 GiB",
    seconds: 61.4,
    cases: [one("killed", "Nothing is lost"), one("prod-lives", "Prod lives"), one("a", "It holds")],
    results,
  });

test("says of each case its promise, its outcome, how long it took, and its figures", () => {
  const text = page(
    { name: "killed", outcome: "passed", seconds: 12.34, figures: { "writes lost": 0, "seconds until ready": 4.2 } },
    { name: "a", outcome: "passed", seconds: 1, figures: {} },
  );
  expect(text).toContain(
    "\n| `killed` | Nothing is lost | passed | 12.3 | writes lost: 0; seconds until ready: 4.2 |\n",
  );
  expect(text).toContain("\n| `a` | It holds | passed | 1.0 |  |\n");
});

test("gives the reason of a case that was skipped or failed, in one line and one cell", () => {
  const text = page(
    { name: "prod-lives", outcome: "skipped", seconds: 0, reason: "operator a|b is not built" },
    { name: "killed", outcome: "failed", seconds: 3, reason: "<3 rows are lost\nat line 7" },
  );
  expect(text).toContain("| `prod-lives` | Prod lives | skipped: operator a\\|b is not built | 0.0 |  |");
  expect(text).toContain("| `killed` | Nothing is lost | failed: &lt;3 rows are lost | 3.0 |  |");
  expect(text).toContain("0 passed, 1 failed, 1 skipped");
});

test("says what was proven, where and when", () => {
  for (const said of ["2026-11-30", "1a2b3c4", "Kubernetes v1.34.4 on 2 cores and 23 GiB", "61 s"]) {
    expect(page()).toContain(said);
  }
});
