import { runBackup } from "../../lib/backup/run";

const run = async (args: readonly string[], environment: Readonly<Record<string, string>> = {}) => {
  const said: string[] = [];
  const terminal = { out: (text: string) => said.push(text), err: (text: string) => said.push(text) };
  const code = await runBackup(["drill-archive", ...args], { environment, terminal, now: () => new Date() });
  return { code, text: said.join("") };
};

test("needs to know how long it may take", async () => {
  expect(await run([])).toMatchObject({ code: 2, text: expect.stringMatching(/^--deadline is missing: the seconds/) });
});

test("needs to know its pod, which Kubernetes removes the Cluster with", async () => {
  const found = await run(["--deadline", "600"], { POD_NAME: "drill", POD_NAMESPACE: "hospital" });
  expect(found).toEqual({ code: 1, text: expect.stringMatching(/^POD_NAME, POD_UID or POD_NAMESPACE is not set\./) });
});
