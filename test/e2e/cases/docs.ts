import { strict as assert } from "node:assert";
import { blocksFor } from "../../../scripts/docs/blocks";
import { fits, stepsOf } from "../../../scripts/docs/transcript";
import type { Case } from "../case";

export const docs: Case = {
  name: "docs",
  title: "Every command of the pages that is marked for a cluster works on dev as it is written",
  async run(e2e) {
    const blocks = blocksFor("cluster");
    assert.ok(blocks.length > 0, "no page has a block for a cluster");
    for (const block of blocks) {
      for (const { command, expected } of stepsOf(block)) {
        const { stdout, stderr } = await e2e.type(command);
        const place = `${block.page}:${block.line}`;
        if (expected) assert.ok(fits(expected, stdout + stderr), `${place} shows something else: ${stdout}${stderr}`);
      }
    }
  },
};
