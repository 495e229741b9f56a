export const FORMATS = { json: "application/json", csv: "text/csv" } as const;

export type ExportFormat = keyof typeof FORMATS;

/** The format that an `Accept` header prefers, JSON if it has no preference; undefined if it takes neither. */
export function acceptedFormat(accept = "*/*"): ExportFormat | undefined {
  const ranges = accept.split(",").map((range) => {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const [quality] = parameters.flatMap((parameter) => /^q=([\d.]+)$/.exec(parameter)?.[1] ?? []);
    return { type, quality: quality === undefined ? 1 : Number(quality) };
  });
  const qualityOf = (type: string) => {
    const matching = [type, `${type.split("/", 1)[0]}/*`, "*/*"].map((wanted) => ranges.find((r) => r.type === wanted));
    // The most specific range counts.
    return matching.find((range) => range !== undefined)?.quality ?? 0;
  };
  const [json, csv] = [qualityOf(FORMATS.json), qualityOf(FORMATS.csv)];
  if (json === 0 && csv === 0) return undefined;
  return csv > json ? "csv" : "json";
}
