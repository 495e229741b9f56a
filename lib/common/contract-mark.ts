/** Blank lines and `--` comments before the first statement. */
const HEAD = /^\uFEFF?(?:[ \t]*(?:--[^\n]*)?\r?\n)*/;
const MARK = /^[ \t]*--[ \t]*contract[ \t]*(?::[^\n]*)?$/im;

/**
 * Whether the head of a migration says `-- contract` or `-- contract: reason`. Such a migration breaks the release
 * before, so it runs only when no older release is connected any more.
 */
export const isContract = (text: string): boolean => MARK.test(HEAD.exec(text)?.[0].replaceAll("\r", "") ?? "");
