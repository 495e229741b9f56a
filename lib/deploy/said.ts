/** kubectl repeats the patch that the server refused, which holds a Secret's values, before the server's own words. */
const PATCH = /error when applying patch:\n[\s\S]*?\nfor: "[^"]*": /g;
const AROUND = /error when (?:creating|patching|replacing|retrieving current configuration of:?) ?"[^"]*": /g;

/** The server's words in kubectl's standard error, without the request that they answer. */
export function serverSaid(stderr: string): string {
  const words = stderr.replace(PATCH, "").replace(AROUND, "");
  return words
    .split("\n")
    .filter((line) => !line.startsWith("Warning: "))
    .join("\n")
    .trim();
}
