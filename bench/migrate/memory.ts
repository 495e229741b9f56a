import * as fs from "node:fs/promises";
import * as path from "node:path";
import type { EmbeddedPostgres } from "../../lib/local/embedded-postgres";
import { type Command, mustRun } from "../process";
import { type Databases, viaPort } from "./databases";
import type { Prepared } from "./measure";

/** Target for the resident memory of `migrate`, at most. */
const MOST_MIB = 70;

/** Runs inside the measured process, and prints its peak memory at the end. Small, since its own memory counts. */
const HOOK = `process.on("exit", () => process.stderr.write("\\nmaxRSS " + process.resourceUsage().maxRSS + "\\n"))`;

/** Prints the peak memory of ours: for 1,000 migrations, and with nothing to do after them. */
export async function measureMemory(
  databases: Databases,
  server: EmbeddedPostgres,
  peers: readonly Prepared[],
  scratch: string,
  node: string,
): Promise<void> {
  const up = peers.find(({ peer }) => peer.name === "ours")?.actions.up;
  if (!up) return;
  console.log("\nmost memory of ours\n");
  const hook = path.join(scratch, "memory.cjs");
  await fs.writeFile(hook, HOOK);
  const empty = path.join(scratch, "empty.cjs");
  await fs.writeFile(empty, "");
  const least = await mostMemory(hook, { command: [node, empty] });
  console.log(`  Node with an empty program, for comparison: ${least.toFixed(0)} MiB`);
  await databases.withEmpty(async (database) => {
    for (const title of ["1,000 one-table migrations", "nothing to do at 1,000"]) {
      const mib = await mostMemory(hook, up(viaPort(server.url(database), server.port)));
      const reached = mib <= MOST_MIB ? "reached" : "MISSED";
      console.log(`  ${title}: ${mib.toFixed(0)} MiB; wanted at most ${MOST_MIB}: ${reached}`);
    }
  });
}

/** Measures the peak resident memory of a Node program, in MiB. */
async function mostMemory(hook: string, { command: [program, ...args], ...rest }: Command): Promise<number> {
  const { stderr } = await mustRun({ command: [program, "--require", hook, ...args], ...rest });
  return Number(/maxRSS (\d+)/.exec(stderr)?.[1]) / 1024;
}
