import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { topologyOf } from "../../lib/pictures/topology";
import { prod } from "../../lib/stages/prod";
import { readTables } from "./catalogue";
import { decisionsPage } from "./decisions";
import { erdDiagram } from "./erd-mermaid";
import { erdSvg } from "./erd-svg";
import { lintRulesPage } from "./lint-rules";
import { withMigratedDatabase } from "./migrated-database";
import { fenced, withRegions } from "./regions";
import { roomImports, roomsDiagram } from "./rooms";
import { stageTable } from "./stage-table";
import { connectionsDiagram, readingsDiagram } from "./topology-mermaid";

export const DOCS = path.resolve(__dirname, "../../docs");

/** Reads a file of docs/; empty if it does not exist yet. */
export function readPage(name: string): string {
  const file = path.join(DOCS, name);
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

/** Makes every file of docs/ that `npm run docs` writes or completes, by its name. */
export async function makePages(): Promise<ReadonlyMap<string, string>> {
  const tables = await withMigratedDatabase(readTables);
  return new Map([
    ["architecture.md", architecturePage(readPage("architecture.md"), erdDiagram(tables))],
    ["erd.svg", await erdSvg(tables)],
    ["decisions.md", decisionsPage(readPage("decisions.md"))],
    ["lint-rules.md", await lintRulesPage(readPage("lint-rules.md"))],
  ]);
}

function architecturePage(page: string, erd: string): string {
  const topology = topologyOf(prod);
  return withRegions(page, {
    connections: fenced("mermaid", connectionsDiagram(topology)),
    readings: fenced("mermaid", readingsDiagram(topology)),
    stages: stageTable(),
    erd: fenced("mermaid", erd),
    imports: fenced("mermaid", roomsDiagram(roomImports())),
  });
}
