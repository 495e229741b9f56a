import { alertKey } from "../../lib/monitoring";
import { PROOFS } from "./proofs";
import { ALERTS } from "./stage";

test("every alert has its three proofs, and no other has any", () => {
  expect(Object.keys(PROOFS).sort()).toEqual(ALERTS.map(alertKey).sort());
});

test("every alert says in one sentence what is wrong, and then more", () => {
  for (const { name, summary, description } of ALERTS) {
    expect([name, summary]).toEqual([name, expect.stringMatching(/^(?:[A-Z]|data-svc)[^.]*\.$/)]);
    expect([name, description]).toEqual([name, expect.stringMatching(/^[A-Z{].{30,}\.$/)]);
  }
});
