import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { topologyOf } from "../../lib/pictures/topology";
import { topologySvg } from "../../lib/pictures/topology-svg";
import { dev } from "../../lib/stages/dev";
import { prod } from "../../lib/stages/prod";
import { prodHa } from "../../lib/stages/prod-ha";
import { FACTS, type Status } from "../../lib/status/document";
import { type Pictures, statusPage } from "../../lib/status/page";

const EVIL = `<script src="https://evil.example/x.js"></script><img src=x onerror=alert(1)>'"&`;
const STATUS: Status = {
  stage: "prod",
  context: EVIL,
  namespace: "diabrisk",
  at: "2026-11-30T16:40:00.000Z",
  result: "failed",
  facts: FACTS.map((name, index) => ({
    name,
    state: (["ok", "failed", "warning", "unknown"] as const)[index % 4] ?? "ok",
    text: `Of ${name}: ${EVIL}`,
    details: [EVIL, "postgres-0: ready"],
    values: {},
  })),
};

let pictures: Pictures;
let page: string;
beforeAll(async () => {
  const erd = readFileSync(path.resolve(__dirname, "../../docs/erd.svg"), "utf8");
  pictures = { stage: "prod", topology: await topologySvg(topologyOf(prod)), erd };
  page = statusPage(STATUS, pictures);
});

const all = (pattern: RegExp, text = page) => [...text.matchAll(pattern)].map(([, found = ""]) => found);

test("text of the cluster stays text", () => {
  expect(page).not.toMatch(/<script|<img|onerror=alert\(1\)>(?!&)/);
  expect(all(/(&lt;script src=&quot;https:\/\/evil)/g)).toHaveLength(2 * FACTS.length + 1);
});

test("nothing is loaded or run: no script, and no address but the names of namespaces", () => {
  expect(all(/<(script|iframe|object|embed|form|img|image|use)\b/gi)).toEqual([]);
  expect(all(/\s(on\w+|style)=/g, page.replace(/&[^;]+;[^<]*/g, ""))).toEqual([]);
  expect(all(/(?:src|href)="([^"]*)"/g)).toEqual(["data:,"]);
  expect(all(/@import|url\(/g)).toEqual([]);
  const named = all(/="(https?:[^"]*)"/g, page.replace(/&quot;/g, ""));
  expect(new Set(named)).toEqual(new Set(["http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"]));
});

test("its policy allows its own styles by their content and nothing else", () => {
  const [policy = ""] = all(/http-equiv="Content-Security-Policy" content="([^"]*)"/g);
  const [style = "", ...others] = policy
    .replaceAll("&#39;", "'")
    .split("; ")
    .filter((one) => one.startsWith("style-src"));
  const hashes = all(/<style>([\s\S]*?)<\/style>/g).map(
    (css) => `'sha256-${createHash("sha256").update(css).digest("base64")}'`,
  );
  expect(others).toEqual([]);
  expect(new Set(style.split(" ").slice(1))).toEqual(new Set(hashes));
  expect(policy).toMatch(/^default-src &#39;none&#39;; /);
  expect(policy).not.toContain("unsafe");
});

test("it can be walked by headings and landmarks, and its pictures have names", () => {
  expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
  expect(all(/<(h1|main|header|footer)\b/g)).toEqual(["header", "h1", "main", "footer"]);
  expect(all(/<h2 id="(\w+)"/g)).toEqual(["facts", "topology", "erd"]);
  expect(all(/<h3>([\w-]+) /g).toSorted()).toEqual([...FACTS].toSorted());
  expect(all(/<svg role="img" aria-labelledby="([^"]+)"|<svg aria-labelledby="([^"]+)" role="img"/g)).toHaveLength(2);
  const ids = all(/ id="([^"]+)"/g);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of all(/aria-labelledby="([^"]+)"/g)) expect(ids).toContain(id);
});

test("the worst comes first, with its state as a word", () => {
  const states = all(/<li class="\w+"><h3>[\w-]+ <span class="state">(\w+)<\/span>/g);
  const order = ["failed", "unknown", "warning", "ok"];
  expect(states).toEqual(states.toSorted((one, other) => order.indexOf(one) - order.indexOf(other)));
  expect(page).toContain("<title>prod: failed</title>");
});

test.each([dev, prod, prodHa])("the picture of $name has every pod, Service and volume of it", async (stage) => {
  const topology = topologyOf(stage);
  const drawn = all(/<text [^>]*>([^<]*)</g, await topologySvg(topology));
  const texts = drawn.map((text) => text.replaceAll("&#45;", "-").replaceAll("\u00a0", "").trim());
  const { workloads, services } = topology;
  const names = [
    ...workloads.map(({ app }) => app),
    ...services.map(({ name, ports }) => `${name}:${ports.join(", ")}`),
    ...workloads.flatMap(({ volumes }) => volumes.map(({ claim }) => `volume ${claim}`)),
  ];
  expect(texts).toEqual(expect.arrayContaining(names));
  expect(texts).toContain(`namespace ${stage.namespace}`);
  // Clients' way to the database, with either engine.
  expect(texts).toEqual(expect.arrayContaining(["postgres", "postgres:5432"]));
});
