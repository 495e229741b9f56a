import { instance } from "@viz-js/viz";

/** Colours of every picture on a light page. */
export const COLOURS = {
  ink: "#1f2328",
  faint: "#59636e",
  line: "#8c959f",
  head: "#ddf4ff",
  page: "#ffffff",
} as const;

/** The dark page's colour for each light one. */
const IN_THE_DARK: Readonly<Record<string, string>> = {
  [COLOURS.ink]: "#e6edf3",
  [COLOURS.faint]: "#9198a1",
  [COLOURS.line]: "#6e7681",
  [COLOURS.head]: "#121d2f",
  [COLOURS.page]: "#0d1117",
};

/** Style of the dark page. It means every picture of a page that holds several. */
const DARK_STYLE = `@media (prefers-color-scheme:dark){${Object.entries(IN_THE_DARK)
  .flatMap(([light, dark]) => ["fill", "stroke"].map((use) => `[${use}="${light}"]{${use}:${dark}}`))
  .join("")}}`;

/** Adds room to a text, since Graphviz takes letters for narrower than most fonts draw them. */
export const ROOM = "&#160;&#160;&#160;";

/** Escapes a text for one of Graphviz' HTML labels. */
export const escaped = (text: string) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/**
 * Draws a graph in Graphviz' language as an SVG that follows the reader's light or dark setting. The same graph gives the
 * same bytes.
 */
export async function draw(dot: string, title: string): Promise<string> {
  const viz = await instance();
  const svg = viz.renderString(dot, { format: "svg" });
  return svg
    .slice(svg.indexOf("<svg"))
    .replace(/<svg[^>]*>/, `$&\n<title>${escaped(title)}</title>\n<style>${DARK_STYLE}</style>`);
}
