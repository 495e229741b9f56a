import { readFileSync } from "node:fs";
import * as path from "node:path";
import { escapedHtml, webPage } from "../page/web-page";
import { type Fact, type Status, VERDICTS, worstFirst } from "./document";
import { oneLine } from "./wording";

/** Pictures of docs/architecture.md, as SVG documents. They bring their own colours for a dark page. */
export interface Pictures {
  /** Stage whose pods are drawn. */
  readonly stage: string;
  readonly topology: string;
  readonly erd: string;
}

/** Renders a status as one page that loads nothing and runs nothing. Every text of the cluster is escaped. */
export function statusPage(status: Status, pictures: Pictures): string {
  const [topology, erd] = [inlined(pictures.topology, "topology"), inlined(pictures.erd, "erd")];
  const css = readFileSync(path.join(__dirname, "page.css"), "utf8");
  const { stage, result, facts } = status;
  const body = `<header class="${result}">
<h1>${escapedHtml(stage)} at a glance</h1>
<p class="verdict state">${VERDICTS[result]}</p>
<p class="place">${escapedHtml(placeOf(status))}</p>
</header>
<main>
<section aria-labelledby="facts">
<h2 id="facts">What people ask first</h2>
<ul class="facts">
${worstFirst(facts).map(factItem).join("\n")}
</ul>
</section>
${section("topology", "What runs, and who may talk to whom", captionOf(pictures), topology.svg)}
${section("erd", "The tables and their foreign keys", ERD, erd.svg)}
</main>
<footer><p>Made by <code>npm run status</code>. It holds no Secret's value.</p></footer>`;
  return webPage({ title: `${stage}: ${result}`, css, styles: [...topology.styles, ...erd.styles], body });
}

const captionOf = ({ stage }: Pictures) =>
  escapedHtml(`The stage ${stage}. `) +
  "A thick arrow is a connection that the policies allow, with its ports. Ovals are pods of other software.";
const ERD = "A question mark behind a type means that the value may be missing. Crow's feet mark the side of the many.";

function placeOf({ context, namespace, at }: Status): string {
  const parts = [
    ...(context === undefined ? [] : [`context ${context}`]),
    ...(namespace === undefined ? [] : [`namespace ${namespace}`]),
    `asked at ${at}`,
  ];
  return parts.join(", ");
}

function factItem({ name, state, text, details }: Fact): string {
  const more = details.map((line) => `<li>${escapedHtml(oneLine(line))}</li>`).join("");
  return `<li class="${state}"><h3>${escapedHtml(name)} <span class="state">${state}</span></h3><p>${escapedHtml(oneLine(text))}</p>${more && `<ul>${more}</ul>`}</li>`;
}

/** A picture that is wider than the page scrolls in a box of its own, also by the keyboard. */
const section = (id: string, title: string, caption: string, svg: string) => `<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
<figure>
<div class="picture" role="region" tabindex="0" aria-label="${title}: picture">
${svg}
</div>
<figcaption>${caption}</figcaption>
</figure>
</section>`;

/** Makes an SVG document part of a page: an image with its title as its name, and ids that no other picture has. */
function inlined(picture: string, prefix: string): { readonly svg: string; readonly styles: readonly string[] } {
  const svg = picture
    .replace(/ id="([^"]+)"/g, ` id="${prefix}-$1"`)
    .replace("<svg", '<svg role="img"')
    .replace("<title>", `<title id="${prefix}-title">`)
    .replace("<svg", `<svg aria-labelledby="${prefix}-title"`);
  const styles = [...svg.matchAll(/<style>([\s\S]*?)<\/style>/g)].map(([, style = ""]) => style);
  return { svg, styles };
}
