/**
 * A name or text that somebody else chose, with its control characters as \u and four digits: it stays one line, and a terminal
 * obeys nothing in it.
 */
export function escapeControls(text: string): string {
  return text.replace(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Line breaks and the marks of a text's direction, too. */
const CONTROL = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;
