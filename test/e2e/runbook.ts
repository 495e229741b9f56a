import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import * as path from "node:path";
import { parseBlocks } from "../../scripts/docs/blocks";
import type { E2e } from "./case";

const PAGE = path.join("docs", "operations.md");

/**
 * Reads the blocks of commands under a heading of docs/operations.md, as they stand there but for the namespace and the
 * folder of the manifests, which are the group's.
 */
export async function runbook({ root, namespace, files }: E2e, heading: string): Promise<readonly string[]> {
  const page = await readFile(path.join(root, PAGE), "utf8");
  const [, section = ""] = page.split(`\n## ${heading}\n`);
  const { blocks } = parseBlocks(PAGE, section.split("\n## ")[0] ?? "");
  assert.ok(blocks.length > 0, `${PAGE} has no commands under "${heading}"`);
  const folder = path.dirname(files[0]?.path ?? "");
  return blocks.map(({ text }) =>
    text
      .replaceAll(/dist\/(?:<stage>|(?:dev|staging|prod)\b)/g, folder)
      .replaceAll("diabrisk.io/installation=diabrisk", `diabrisk.io/installation=${namespace}`)
      .replaceAll(/(?<=label namespace )diabrisk\b/g, namespace),
  );
}

/** Runs a block of commands as a person would paste it, and ends with the first that fails. */
export const follow = (e2e: E2e, block: string) => e2e.type(`set -e\n${block}`);
