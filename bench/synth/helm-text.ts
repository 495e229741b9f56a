import type { Tree } from "./objects";

/** Writes a named template. */
export const define = (name: string, text: string) => `{{- define "${name}" -}}\n${escaped(text)}{{- end }}\n`;

/** Escapes a template's own braces, as in the objects of another operator. */
export const escaped = (text: string) => text.replaceAll("{{", '{{ "{{" }}');

/** Writes a block from the values, to follow a colon. */
export const asBlock = (value: string, indent: string) =>
  `\n${indent}{{- toYaml ${value} | nindent ${indent.length} }}`;

/** Writes a scalar from the values, to follow a colon. It has the type of `example`. */
export function scalarValue(value: string, example: Tree, indent: string): string {
  if (typeof example === "number") return ` {{ int64 ${value} }}`;
  if (typeof example !== "string") return ` {{ ${value} }}`;
  if (!example.includes("\n")) return ` {{ ${value} | quote }}`;
  return ` |${example.endsWith("\n") ? "" : "-"}\n${indent}{{- ${value} | nindent ${indent.length} }}`;
}
