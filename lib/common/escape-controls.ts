/**
 * Escapes control characters in somebody else's text as \u and four digits, so that it stays on one line and a terminal
 * obeys nothing in it.
 */
export function escapeControls(text: string): string {
  return text.replace(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Includes line separators and marks of text direction. */
const CONTROL = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;
