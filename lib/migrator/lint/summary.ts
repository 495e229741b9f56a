import { count } from "../base/events";
import type { Finding } from "./rules";

/** `3 findings: 2 rename, 1 drop-column`, the most frequent rule first. */
export function summaryOf(findings: readonly Finding[], others = 0): string {
  const total = findings.length + others;
  if (total === 0) return "nothing found";
  const byRule = new Map<string, number>();
  for (const { rule } of findings) byRule.set(rule, (byRule.get(rule) ?? 0) + 1);
  const counted = [...byRule].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1));
  const rules = counted.map(([rule, times]) => `${times} ${rule}`);
  if (others > 0) rules.push(`${others} of the folder or the project`);
  return `${count(total, "finding")}: ${rules.join(", ")}`;
}

/**
 * Renders the findings of one file. A rule with the same advice is told once, with its lines; its reasons differ by table,
 * and each is told once.
 */
export function renderFindings(file: string, findings: readonly Finding[]): string[][] {
  const groups = new Map<string, Finding[]>();
  for (const each of findings) {
    const key = `${each.rule}\n${each.instead}`;
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return [...groups.values()].map((group) => renderGroup(file, group));
}

function renderGroup(file: string, group: readonly Finding[]): string[] {
  const [first] = group;
  if (!first) return [];
  const others = new Set(group.map(({ line }) => line));
  others.delete(first.line);
  const also = others.size > 0 ? `, also in ${lineList([...others])}` : group.length > 1 ? ` ×${group.length}` : "";
  const reasons = new Map<string, number[]>();
  for (const { why, line } of group) reasons.set(why, [...(reasons.get(why) ?? []), line]);
  const whys =
    reasons.size === 1
      ? [`  ${first.why}`]
      : [...reasons].map(([why, lines]) => `  ${lineList([...new Set(lines)])}: ${why}`);
  return [`${file}:${first.line}:${first.column}: ${first.rule}${also}`, ...whys, `  instead: ${first.instead}`];
}

/** Most lines that are named one by one. */
const NAMED = 12;

function lineList(lines: readonly number[]): string {
  const named = lines.slice(0, NAMED).join(", ");
  const rest = lines.length > NAMED ? ` and ${lines.length - NAMED} more` : "";
  return `${lines.length === 1 ? "line" : "lines"} ${named}${rest}`;
}
