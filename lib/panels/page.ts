import { readFileSync } from "node:fs";
import * as path from "node:path";
import type { Unit } from "../monitoring/dashboard";
import { escapedHtml, webPage } from "../page/web-page";
import { amountOf } from "./amount";
import type { Answered, AnsweredRow, Line } from "./ask";
import { chart, clock, LOOKS, lookOf } from "./chart";
import type { Range } from "./prometheus";

export interface PanelsPage {
  readonly stage: string;
  readonly namespace: string;
  /** The Prometheus for a person, e.g. `"the Prometheus of namespace monitoring"`. */
  readonly source: string;
  readonly range: Range;
  readonly rows: readonly AnsweredRow[];
}

/** Renders the dashboard's panels as one page that loads nothing and runs nothing. Every text of Prometheus is escaped. */
export function panelsPage({ stage, namespace, source, range, rows }: PanelsPage): string {
  const css = readFileSync(path.join(__dirname, "page.css"), "utf8");
  const times = `${minute(range.start)} to ${minute(range.end)} UTC`;
  const body = `<header>
<h1>Dashboard of ${escapedHtml(stage)}</h1>
<p class="place">${escapedHtml(`namespace ${namespace}, ${times}, from ${source}`)}</p>
</header>
<main>
${rows.map((row, index) => section(row, `row-${index}`, range)).join("\n")}
</main>
<footer><p>Made by <code>npm run panels</code>. Times are UTC. Figures without a time are of ${clock(range.end)}.</p></footer>`;
  return webPage({ title: `${stage}: dashboard`, css, body });
}

const minute = (time: number) => `${new Date(time * 1000).toISOString().slice(0, 10)} ${clock(time)}`;

function section({ title, panels }: AnsweredRow, id: string, range: Range): string {
  const tiles = panels.map((panel, index) => tile(panel, `${id}-${index}`, range));
  return `<section aria-labelledby="${id}">
<h2 id="${id}">${escapedHtml(title)}</h2>
<div class="${panels[0]?.panel.kind === "stat" ? "stats" : "graphs"}">
${tiles.join("\n")}
</div>
</section>`;
}

const tile = (answered: Answered, id: string, range: Range) => `<article>
<h3>${escapedHtml(answered.panel.title)}</h3>
${content(answered, id, range)}
</article>`;

function content({ panel, lines, problem }: Answered, id: string, range: Range): string {
  const { title, unit, kind, absent = "no data" } = panel;
  if (problem !== undefined) return `<p class="problem">${escapedHtml(`Prometheus refused the query: ${problem}`)}</p>`;
  const present = lines[0]?.samples.at(-1)?.[1];
  if (present === undefined) return `<p class="none">${escapedHtml(absent)}</p>`;
  if (kind === "stat") return `<p class="figure">${escapedHtml(amount(present, unit))}</p>`;
  const drawn = highest(lines);
  const left = lines.length - drawn.length;
  const more = left > 0 ? `<p class="more">${left} more with lower values are not drawn.</p>` : "";
  const name = escapedHtml(`${title}, ${clock(range.start)} to ${clock(range.end)} UTC`);
  const legend = drawn.map((line, index) => legendItem(line, index, range, unit));
  return `${chart(drawn, range, { unit, id, title: name })}
<ul class="legend">
${legend.join("\n")}
</ul>${more}`;
}

/** An amount keeps its unit beside it. */
const amount = (value: number, unit: Unit) => amountOf(value, unit).replaceAll(" ", "\u00a0");

const most = ({ samples }: Line) => Math.max(...samples.map(([, value]) => value));

/** As many as have looks of their own, in the order in which they came. */
function highest(lines: readonly Line[]): readonly Line[] {
  const kept = new Set(lines.toSorted((one, other) => most(other) - most(one)).slice(0, LOOKS));
  return lines.filter((line) => kept.has(line));
}

function legendItem(line: Line, index: number, { end, step }: Range, unit: Unit): string {
  const [time = 0, value = 0] = line.samples.at(-1) ?? [];
  const last = end - time < 1.5 * step ? `now ${amount(value, unit)}` : `none since ${clock(time)}`;
  const text = `${last}, at most ${amount(most(line), unit)}`;
  return `<li><svg aria-hidden="true" viewBox="0 0 24 8" class="swatch"><path class="${lookOf(index)}" d="M2 4H22"/></svg> ${escapedHtml(line.name)} <span>${escapedHtml(text)}</span></li>`;
}
