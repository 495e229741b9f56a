/** Runs in the page, so it uses nothing from here. Lines across: the part of the chart that they span. */
export const LOOK_AT_PANELS = `function () {
  const box = (element) => element.getBoundingClientRect();
  const meet = (one, other) =>
    one.left < other.right - 1 && other.left < one.right - 1 && one.top < other.bottom - 1 && other.top < one.bottom - 1;
  const within = (inner, outer) =>
    inner.left >= outer.left - 1 && inner.right <= outer.right + 1 && inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1;
  // A dashed line has holes, so several places are looked at.
  const isPainted = (line) => {
    line.scrollIntoView({ block: "center" });
    const toScreen = line.getScreenCTM();
    return Array.from({ length: 20 }, (_, index) => line.getPointAtLength((line.getTotalLength() * (index + 0.5)) / 20))
      .map((point) => point.matrixTransform(toScreen))
      .some(({ x, y }) => document.elementsFromPoint(x, y).includes(line));
  };
  const panel = (article) => {
    const chart = article.querySelector(".chart");
    const texts = chart ? [...chart.querySelectorAll("text")] : [];
    const lines = chart ? [...chart.querySelectorAll(".line")] : [];
    const grid = chart && box(chart.querySelector(".grid"));
    const parts = [...article.children];
    return {
      title: article.querySelector("h3").textContent,
      figure: article.querySelector(".figure")?.textContent ?? "",
      without: article.querySelector(".none, .problem")?.textContent ?? "",
      legend: article.querySelectorAll(".legend li").length,
      lines: lines.map((line) => ({ across: box(line).width / grid.width, colour: getComputedStyle(line).stroke, painted: isPainted(line) })),
      lowest: Math.min(...texts.map((text) => box(text).height)),
      overlapping: texts.flatMap((one, index) =>
        texts.slice(index + 1).filter((other) => meet(box(one), box(other))).map((other) => one.textContent + " and " + other.textContent),
      ),
      outside: [
        ...texts.filter((text) => !within(box(text), box(chart))).map((text) => text.textContent),
        ...parts.filter((part) => !within(box(part), box(article))).map((part) => part.className || part.tagName),
      ],
    };
  };
  return {
    scrollWidth: document.documentElement.scrollWidth,
    innerWidth,
    background: getComputedStyle(document.body).backgroundColor,
    rows: [...document.querySelectorAll("section")].map((section) => ({
      title: section.querySelector("h2").textContent,
      panels: [...section.querySelectorAll("article")].map(panel),
    })),
  };
}`;

export interface PanelsSeen {
  readonly scrollWidth: number;
  readonly innerWidth: number;
  readonly background: string;
  readonly rows: readonly { readonly title: string; readonly panels: readonly PanelSeen[] }[];
}

interface PanelSeen {
  readonly title: string;
  /** Empty if there is none. */
  readonly figure: string;
  /** The panel's word that it has no data, or why; empty if it has some. */
  readonly without: string;
  /** Number of the legend's entries. */
  readonly legend: number;
  readonly lines: readonly { readonly across: number; readonly colour: string; readonly painted: boolean }[];
  /** Height of the lowest text, in CSS pixels. */
  readonly lowest: number;
  /** Pairs of labels that lie on each other. */
  readonly overlapping: readonly string[];
  /** Parts that are cut off. */
  readonly outside: readonly string[];
}
