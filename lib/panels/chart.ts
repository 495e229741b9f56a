import type { Unit } from "../monitoring/dashboard";
import { digits, scaleFor } from "./amount";
import type { Line } from "./ask";
import type { Range } from "./prometheus";

/** Size in CSS pixels, about as wide as a phone, so that letters keep their size there. */
const SIZE = { width: 360, height: 180 };
/** Half a letter is above the highest label, and half a time beside the first and the last. */
const MARGIN = { top: 10, side: 20, bottom: 22 };
/** Width of an axis' letter in the widest usual font: `100 ms` has a wide one. */
const LETTER = 7.8;
/** Parts of the vertical axis, as many as keep the labels apart. */
const PARTS = 4;
const MOST_TIMES = 4;
const MINUTE = 60;
const TIME_STEPS = [5, 10, 15, 30, 60, 120, 180, 240, 360].map((minutes) => minutes * MINUTE);

/** Lines that have a look of their own: six colours, whole and dashed. */
export const LOOKS = 12;

/** Class of a line's look, for the chart and its legend. */
export const lookOf = (index: number) => `line look-${index % LOOKS}`;

/**
 * Draws lines over a time, from zero up. Missing samples are gaps.
 * @param title HTML with the id `id`, the picture's name for whoever cannot see it
 */
export function chart(
  lines: readonly Line[],
  range: Range,
  { unit, id, title }: { unit: Unit; id: string; title: string },
) {
  const axis = axisOf(lines, unit);
  const longest = Math.max(...axis.labels.map(({ text }) => text.length));
  const left = Math.max(MARGIN.side, Math.ceil(LETTER * longest + 6));
  const bottom = SIZE.height - MARGIN.bottom;
  const x = (time: number) =>
    rounded(left + ((time - range.start) / (range.end - range.start)) * (SIZE.width - MARGIN.side - left));
  const y = (value: number) => rounded(bottom - (Math.max(0, value) / axis.top) * (bottom - MARGIN.top));
  const levels = axis.labels.map(
    ({ value, text }) =>
      `<path class="grid" d="M${left} ${y(value)}H${SIZE.width - MARGIN.side}"/>` +
      `<text x="${left - 6}" y="${y(value)}" class="level">${text}</text>`,
  );
  const times = timesOf(range).map(
    (time) => `<text x="${x(time)}" y="${SIZE.height - 6}" class="time">${clock(time)}</text>`,
  );
  const drawn = lines.map(
    ({ samples }, index) => `<path class="${lookOf(index)}" d="${pathOf(samples, range.step, x, y)}"/>`,
  );
  return `<svg role="img" aria-labelledby="${id}" viewBox="0 0 ${SIZE.width} ${SIZE.height}" class="chart">
<title id="${id}">${title}</title>
${[...levels, ...times, ...drawn].join("\n")}
</svg>`;
}

const rounded = (pixels: number) => Math.round(pixels * 10) / 10;

/** Hours and minutes of a time in UTC. */
export const clock = (time: number) => new Date(time * 1000).toISOString().slice(11, 16);

interface Axis {
  readonly top: number;
  readonly labels: readonly { readonly value: number; readonly text: string }[];
}

/** Ends at the first round number that is not below the highest value. */
function axisOf(lines: readonly Line[], unit: Unit): Axis {
  const highest = Math.max(0, ...lines.flatMap(({ samples }) => samples.map(([, value]) => value))) || 1;
  const { size, suffix } = scaleFor(unit, highest);
  const step = roundStep(highest / size / PARTS);
  const count = Math.ceil(highest / size / step - 1e-9);
  const labels = Array.from({ length: count + 1 }, (_, index) => ({
    value: index * step * size,
    text: index === 0 ? "0" : `${digits(index * step)}${suffix}`,
  }));
  return { top: count * step * size, labels };
}

/** Finds the least of 1, 2, 5, 10, 20 … that is not below. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((factor) => factor * power >= least * (1 - 1e-9)) ?? 10);
}

function timesOf({ start, end }: Range): readonly number[] {
  const step = TIME_STEPS.find((one) => (end - start) / one <= MOST_TIMES) ?? TIME_STEPS[TIME_STEPS.length - 1] ?? 1;
  const first = Math.ceil(start / step) * step;
  return Array.from({ length: Math.floor((end - first) / step) + 1 }, (_, index) => first + index * step);
}

/** Begins anew after a gap. A sample alone is a dot, which a line of no length with round ends is. */
function pathOf(
  samples: Line["samples"],
  step: number,
  x: (time: number) => number,
  y: (value: number) => number,
): string {
  return samples
    .map(([time, value], index) => {
      const before = samples[index - 1]?.[0];
      const goesOn = before !== undefined && time - before < 1.5 * step;
      return goesOn ? `L${x(time)} ${y(value)}` : `M${x(time)} ${y(value)}h0`;
    })
    .join("");
}
