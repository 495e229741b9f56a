import * as fs from "node:fs/promises";
import * as path from "node:path";
import type { EmbeddedPostgres } from "../../lib/local/embedded-postgres";
import { type Command, mustRun } from "../process";
import { type Databases, viaPort } from "./databases";
import type { Prepared } from "./measure";

/** What the resident memory of `migrate` may come to at most. */
const MOST_MIB = 70;

/** Runs in the process itself before its program: says at its end how much memory it had at most. Small, as it has a share in that. */
const HOOK = `process.on("exit", () => process.stderr.write("\\nmaxRSS " + process.resourceUsage().maxRSS + "\\n"))`;

/** Prints the most memory that ours took: for 1,000 migrations, and with nothing to do after them. */
export async function measureMemory(
  databases: Databases,
  server: EmbeddedPostgres,
  peers: readonly Prepared[],
  scratch: string,
): Promise<void> {
  const up = peers.find(({ peer }) => peer.name === "ours")?.actions.up;
  if (!up) return;
  console.log("\nmost memory of ours\n");
  const hook = path.join(scratch, "memory.cjs");
  await fs.writeFile(hook, HOOK);
  const empty = path.join(scratch, "empty.cjs");
  await fs.writeFile(empty, "");
  const least = await mostMemory(hook, { command: [process.execPath, empty] });
  console.log(`  Node with an empty program, for comparison: ${least.toFixed(0)} MiB`);
  await databases.withEmpty(async (database) => {
    for (const title of ["1,000 one-table migrations", "nothing to do at 1,000"]) {
      const mib = await mostMemory(hook, up(viaPort(server.url(database), server.port)));
      const reached = mib <= MOST_MIB ? "reached" : "MISSED";
      console.log(`  ${title}: ${mib.toFixed(0)} MiB; wanted at most ${MOST_MIB}: ${reached}`);
    }
  });
}

/** MiB of resident memory that a Node program took at most. */
async function mostMemory(hook: string, { command: [program, ...args], ...rest }: Command): Promise<number> {
  const { stderr } = await mustRun({ command: [program, "--require", hook, ...args], ...rest });
  return Number(/maxRSS (\d+)/.exec(stderr)?.[1]) / 1024;
}
