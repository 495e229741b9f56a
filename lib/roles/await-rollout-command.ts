import { EXIT } from "../contract";
import { command, readConnection, Sources, usageProblems } from "../migrator/cli";
import { awaitRollout as wait } from "./await-rollout";
import { EXPECT_FLAGS, requireExpectedImage } from "./expected-image";

const SECONDS = { type: "number", placeholder: "SECONDS", least: 0, most: 86_400 } as const;

/** For the Job of the contract migrations. */
export const awaitRollout = command({
  name: "await-rollout",
  summary: "Wait until no older release of data-svc is connected; exit 3 at the deadline.",
  description:
    "Reads the names of data-svc's sessions, which say the newest migration that their release knows. At least one has\nto be connected, and no older one for as long as --quiet says. Before migrations that say -- contract.",
  flags: {
    ...EXPECT_FLAGS,
    timeout: { ...SECONDS, help: "When to give up. [1800]" },
    quiet: { ...SECONDS, help: "How long no older session may be seen. [30]" },
    "password-wait": { ...SECONDS, help: "How long to try a refused password again. [0]" },
  },
  examples: [["migrate await-rollout && migrate up", "what the release before could not live with"]],
  exits: {
    [EXIT.pending]: "an older release was still connected at the deadline",
    [EXIT.refused]: "the image is of another release",
  },
  async run({ values, environment, log, signal, output }) {
    requireExpectedImage(values, environment);
    const sources = new Sources(environment);
    const connection = readConnection(sources);
    usageProblems(sources.problems);
    const { timeout, quiet, "password-wait": password, "expect-version": version } = values;
    const result = await wait({
      connection,
      log,
      signal,
      ...(version !== undefined && { version }),
      ...(timeout !== undefined && { timeoutSeconds: timeout }),
      ...(quiet !== undefined && { quietSeconds: quiet }),
      ...(password !== undefined && { passwordWaitSeconds: password }),
    });
    output.result(["Rolled out: no older release of data-svc is connected."], { result: "await-rollout", ...result });
    return EXIT.ok;
  },
});
