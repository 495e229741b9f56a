/** Functions that run in the page, so they use nothing from here. */

/** Sizes of the page and of its pictures. */
export const SIZES = `function () {
  const pictures = [...document.querySelectorAll("svg")].map((svg) => {
    svg.scrollIntoView({ block: "center" });
    const { width, height } = svg.getBoundingClientRect();
    const box = svg.parentElement.getBoundingClientRect();
    const texts = [...svg.querySelectorAll("text")];
    return {
      width, height, boxWidth: box.width, boxLeft: box.left,
      lowest: Math.min(...texts.map((text) => text.getBoundingClientRect().height).filter((height) => height > 0)),
      words: texts.map((text) => text.textContent.replaceAll("\\u00a0", "").trim()),
      seen: document.elementsFromPoint(box.left + box.width / 2, box.top + box.height / 2).includes(svg),
    };
  });
  const smallest = Math.min(
    ...[...document.querySelectorAll("p, li, h1, h2, h3, figcaption, span")].map((each) => Number.parseFloat(getComputedStyle(each).fontSize)),
  );
  return { scrollWidth: document.documentElement.scrollWidth, innerWidth, pictures, smallest };
}`;

/** Every text that is drawn, with its colour and the colour behind its middle. */
export const TEXTS = `function () {
  const clear = (colour) => colour === "none" || colour === "transparent" || /, 0\\)$/.test(colour);
  const behind = (element, x, y) => {
    const stack = document.elementsFromPoint(x, y);
    for (const each of stack.slice(stack.indexOf(element) + 1)) {
      const style = getComputedStyle(each);
      const colour = each instanceof SVGGeometryElement ? style.fill : each instanceof SVGElement ? "none" : style.backgroundColor;
      if (!clear(colour)) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const element = node.parentElement;
    if (node.textContent.trim() === "" || element.closest("style, title")) continue;
    element.scrollIntoView({ block: "center", inline: "center" });
    const range = document.createRange();
    range.selectNodeContents(node);
    const { left, top, width, height } = range.getBoundingClientRect();
    if (width === 0) continue;
    const style = getComputedStyle(element);
    found.push({
      text: node.textContent.trim().slice(0, 40),
      colour: element instanceof SVGElement ? style.fill : style.color,
      behind: behind(element, left + width / 2, top + height / 2),
    });
  }
  return found;
}`;

export interface Sizes {
  readonly scrollWidth: number;
  readonly innerWidth: number;
  /** Size of the smallest letters, in CSS pixels. */
  readonly smallest: number;
  readonly pictures: readonly {
    readonly width: number;
    readonly height: number;
    readonly boxWidth: number;
    readonly boxLeft: number;
    /** Height of the lowest text, in CSS pixels. */
    readonly lowest: number;
    readonly words: readonly string[];
    readonly seen: boolean;
  }[];
}

export interface DrawnText {
  readonly text: string;
  readonly colour: string;
  readonly behind: string;
}

/** WCAG's contrast of two colours, written as browsers compute them. */
export function contrast(one: string, other: string): number {
  const [lighter = 0, darker = 0] = [one, other].map(luminance).sort((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(colour: string): number {
  const parts = /^rgba?\((\d+), (\d+), (\d+)/.exec(colour)?.slice(1).map(Number);
  if (parts === undefined) throw new Error(`${colour} is no colour that a browser computes.`);
  const [red = 0, green = 0, blue = 0] = parts.map((part) => {
    const value = part / 255;
    return value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
