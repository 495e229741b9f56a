/**
 * Puts text between `<!-- NAME -->` and the next `<!-- end -->`, for each name.
 * @throws Error that names the markers missing from the page
 */
export function withRegions(page: string, regions: Readonly<Record<string, string>>): string {
  const missing = Object.keys(regions).filter((name) => !regionOf(name).test(page));
  if (missing.length > 0)
    throw new Error(`These need a line <!-- NAME --> and a later <!-- end -->: ${missing.join(", ")}.`);
  return Object.entries(regions).reduce(
    (text, [name, content]) => text.replace(regionOf(name), (_, begin, end) => `${begin}\n\n${content}\n\n${end}`),
    page,
  );
}

const regionOf = (name: string) => new RegExp(`(^<!-- ${name} -->$)[\\s\\S]*?(^<!-- end -->$)`, "m");

/** Writes a fenced block. */
export const fenced = (language: string, text: string) => `\`\`\`${language}\n${text}\n\`\`\``;
