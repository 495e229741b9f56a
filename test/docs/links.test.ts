import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { pageNames } from "../../scripts/docs/blocks";
import { Anchors } from "../../scripts/docs/decisions";

const ROOT = path.resolve(__dirname, "../..");
const read = (file: string) => readFileSync(file, "utf8");
const withoutBlocks = (text: string) => text.replace(/^ *```[\s\S]*?^ *```$/gm, "");

const known = new Map<string, Set<string>>();

/** The anchors of a page's headings, read once for all links to it. */
function anchorsOf(file: string): Set<string> {
  const anchors = new Anchors();
  const titles = () => [...withoutBlocks(read(file)).matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) => title);
  const found = known.get(file) ?? new Set(titles().map((title) => anchors.next(title)));
  known.set(file, found);
  return found;
}

/** The links of a page that lead nowhere: to a file that is not there, or a heading that no page has. */
function brokenLinks(page: string): string[] {
  const text = withoutBlocks(read(page));
  const links = [...text.matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$/gm)].map(
    ([, inline, reference]) => inline ?? reference ?? "",
  );
  return links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [file = "", anchor] = link.split("#");
    const target = file === "" ? page : path.resolve(path.dirname(page), file);
    return !existsSync(target) || (anchor !== undefined && !anchorsOf(target).has(anchor));
  });
}

test.each(pageNames())("%s links to what is there", (name) => {
  expect(brokenLinks(path.join(ROOT, name))).toEqual([]);
});

test.each(pageNames())("%s names commands of package.json", (name) => {
  const { scripts } = JSON.parse(read(path.join(ROOT, "package.json"))) as { scripts: Record<string, string> };
  const named = [...read(path.join(ROOT, name)).matchAll(/\bnpm run (?:-s )?([\w:-]+)/g)].map(
    ([, script = ""]) => script,
  );
  expect(named.filter((script) => !Object.hasOwn(scripts, script))).toEqual([]);
});
