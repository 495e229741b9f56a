import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as path from "node:path";

export interface WebPage {
  /** Plain text. */
  readonly title: string;
  /** The page's styles, after those that all pages share. */
  readonly css: string;
  /** Styles of pictures in the body. @default none */
  readonly styles?: readonly string[];
  /** HTML, in which every text from elsewhere went through `escapedHtml`. */
  readonly body: string;
}

/**
 * Writes a page that loads nothing and runs nothing: no script, no font, no image from elsewhere. Its own policy allows its
 * styles by their content alone, so that no text that slipped in could bring another.
 */
export function webPage({ title, css, styles = [], body }: WebPage): string {
  const style = `${readFileSync(path.join(__dirname, "web-page.css"), "utf8")}\n${css}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapedHtml(policyOf([style, ...styles]))}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${escapedHtml(title)}</title>
<style>${style}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Makes text of it, within an element or an attribute in quotation marks. */
export const escapedHtml = (text: string) => text.replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? sign);

function policyOf(styles: readonly string[]): string {
  const hashes = styles.map((style) => `'sha256-${createHash("sha256").update(style).digest("base64")}'`);
  return `default-src 'none'; style-src ${[...new Set(hashes)].join(" ")}; img-src data:; base-uri 'none'; form-action 'none'`;
}
