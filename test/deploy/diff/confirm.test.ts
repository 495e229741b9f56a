import { confirmRestart } from "../../../lib/deploy/diff/confirm";
import type { Restart } from "../../../lib/deploy/diff/document";

const restart = (more: Partial<Restart> = {}): Restart => ({
  object: "statefulset/postgres",
  kind: "restart",
  pods: 1,
  downtimeSeconds: 9,
  seconds: 9,
  basis: "",
  because: [],
  ...more,
});
const rolling = restart({ object: "deployment/data-svc", kind: "rolling", downtimeSeconds: 0 });

test.each(["y", "Yes ", "YES"])("%j lets the database restart", async (answer) => {
  const ask = jest.fn(async (_: string) => answer);
  await confirmRestart({ restarts: [rolling, restart()], allowed: false, ask });
  expect(ask).toHaveBeenCalledWith("The database restarts, about 9 s without it. Continue? [y/N] ");
});

test.each(["", "n", "no", "yesterday"])("%j does not", (answer) =>
  expect(confirmRestart({ restarts: [restart()], allowed: false, ask: async () => answer })).rejects.toThrow(
    "Nothing was applied.",
  ),
);

test("where nobody can be asked it is refused, with the option that allows it", async () => {
  await expect(confirmRestart({ restarts: [restart()], allowed: false })).rejects.toThrow(
    "The database restarts, about 9 s without it, and nobody can be asked here. Add --restart-database if you mean it. Nothing was applied.",
  );
  await expect(confirmRestart({ restarts: [restart()], allowed: true })).resolves.toBeUndefined();
});

test.each([
  ["nothing restarts", []],
  ["pods are replaced without downtime", [rolling]],
  ["the database does not run", [restart({ downtimeSeconds: 0 })]],
])("nobody is asked where %s", async (_, restarts) => {
  const ask = jest.fn(async () => "n");
  await confirmRestart({ restarts, allowed: false, ask });
  expect(ask).not.toHaveBeenCalled();
});
