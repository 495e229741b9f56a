import { type DiffArguments, diffCommandLine, parseDiffArguments } from "../lib/deploy/arguments";
import type { Diff } from "../lib/deploy/diff/document";
import { renderDiff } from "../lib/deploy/diff/text";
import { explain, main, say } from "./command";
import { foretell } from "./foretell";

const EXIT = { unchanged: 0, refused: 1, changes: 2 } as const satisfies Record<Diff["result"], number>;

/** `npm run diff -- STAGE`: returns the exit code. */
async function run({ json, ...wanted }: DiffArguments): Promise<number> {
  if (!json) {
    const { diff } = await foretell({ ...wanted, anywhere: true, say });
    for (const line of ["", ...renderDiff(diff)]) say(line);
    return EXIT[diff.result];
  }
  try {
    const { diff } = await foretell({ ...wanted, anywhere: true, say: () => undefined });
    say(JSON.stringify(diff, null, 2));
    return EXIT[diff.result];
  } catch (error) {
    say(JSON.stringify({ result: "error", message: explain(error) }, null, 2));
    return 1;
  }
}

void main({ what: "The comparison", commandLine: diffCommandLine, parse: parseDiffArguments, run, usageExit: 1 });
