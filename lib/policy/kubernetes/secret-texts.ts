import { isLiteral, isLiteralWord, isPasswordName, isReference, isSecretName } from "./secret-names";

/** Prefixes of the keys and tokens of well-known services. */
const KNOWN =
  /-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_[0-9A-Za-z]{36}|\bgithub_pat_\w{22,}|\bglpat-[\w-]{20}|\bxox[abprs]-[\w-]{10,}|\bsk_live_\w{16,}|\bAIza[\w-]{35}|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/;

/** A URL with a user and a written-out password. */
const URL_PASSWORD = /\b[a-z][a-z0-9+.-]{0,40}:\/\/[^\s/:@'"]*:([^\s/@'"]+)@/gi;
/** The same in the format of Go's MySQL driver. */
const DSN_PASSWORD = /:([^\s:@/'"]+)@(?:tcp|unix)\(/g;

/** A text without any of these words names no secret, so that the slower patterns can be skipped. */
const HINT = /pass|pwd|secret|token|credential|key|auth/i;

const VALUE = String.raw`(?:"(?<double>[^"\n]*)"|'(?<single>[^'\n]*)'|(?<word>[^\s'",;}&)]+))`;
const NAME = String.raw`(?<![A-Za-z0-9_.])(?<name>[A-Za-z][\w.-]{0,80})`;

/** Secret names with their values, as languages and files write them. Lengths are limited to keep long lines cheap. */
const ASSIGNMENTS: readonly RegExp[] = [
  // `password: value`, `"password":"value"`, `password=value`, and a block of YAML.
  String.raw`${NAME}['"]?[ \t]*(?<sign>:=|=>|=(?!=)|:(?=[ \t])|(?<![ \t]):)(?<space>[ \t]*)(?:[|>][+-]?[ \t]*\n[ \t]*)?${VALUE}`,
  // A variable of a container.
  String.raw`\bname:[ \t]*["']?(?<name>[A-Za-z][\w.-]{0,80})["']?[ \t]*\n[ \t]*value:[ \t]*${VALUE}`,
  // XML.
  String.raw`<(?<name>[A-Za-z][\w.-]{0,80})>(?<double>[^<>\n]+)</`,
  // Redis.
  String.raw`^[ \t]*(?<name>requirepass|masterauth|primaryauth)[ \t]+${VALUE}`,
].map((source) => new RegExp(source, "gm"));

/** Passwords without a name before them. */
const UNNAMED: readonly RegExp[] = [
  // SQL.
  /\b(?:alter|create)\s+(?:user|role)\b[^;']{0,200}?\b(?:password|identified\s+by)\s+'([^'\n]+)'/gi,
  // A line of .pgpass.
  /^(?=[^\s:]{0,253}[a-z*.])[\w.*-]{1,253}:(?:\d{2,5}|\*):[^\s:]+:[^\s:]+:([^\s:]+)$/gim,
  // An HTTP header. A value of letters alone is prose about headers.
  /authorization['"]?[ \t]*[:=,]?[ \t]*['"]?(?:bearer|basic|token)[ \t]+(?=[^\s'"]*\d)([^\s'"]{6,})/gi,
  // Tools that take a password without naming it.
  /\bcurl\b[^|;&\n]{0,200}?\s(?:-u|--user)[ =]?['"]?[^\s:'"$]+:([^\s'"]+)/g,
  /\bmysql(?:dump|admin)?\b[^|;&\n]{0,200}?\s-p(?!\d+:)['"]?([^\s'"]+)/g,
  /\bredis-cli\b[^|;&\n]{0,200}?\s-a\s+['"]?([^\s'"]+)/g,
  /\bsshpass\s+-p\s*['"]?([^\s'"]+)/g,
];
const UNNAMED_HINT = /password|identified|authorization|curl|mysql|redis-cli|sshpass|:(?:\d|\*:)/i;

/** Explains why a text in any language seems to hold a password; undefined if it does not. Never quotes the text. */
export function literalInText(value: string): string | undefined {
  if (value.length < 6) return undefined;
  if (KNOWN.test(value)) return "holds a key or token";
  if (value.includes("://") && first(value, URL_PASSWORD)) return "holds a URL with a password";
  if (value.includes("@") && first(value, DSN_PASSWORD)) return "holds an address with a password";
  if (unnamedIn(value)) return "holds a password";
  return HINT.test(value) ? assignedIn(value.replaceAll('\\"', '"')) : undefined;
}

/** Finds a password that only its position reveals, as in `mysql -pX`. */
export function unnamedIn(text: string): string | undefined {
  if (!UNNAMED_HINT.test(text)) return undefined;
  for (const form of UNNAMED) {
    const found = first(text, form);
    if (found) return found;
  }
  return undefined;
}

function first(text: string, form: RegExp): string | undefined {
  for (const [, password = ""] of text.matchAll(form)) if (isLiteral(password)) return password;
  return undefined;
}

function assignedIn(text: string): string | undefined {
  for (const form of ASSIGNMENTS)
    for (const { groups = {} } of text.matchAll(form)) {
      const { name = "", sign, space, double, single, word } = groups;
      if (!isSecretName(name)) continue;
      const value = word ?? double ?? single ?? "";
      if (isReference(name, value) || !(word === undefined ? isLiteral(value) : isLiteralWord(value))) continue;
      // `vault-token:1.2` is an image, and `token => x` a function.
      const other = sign === "=>" || (sign === ":" && space === "" && !isPasswordName(name));
      if (word === undefined || !other) return `holds a literal ${name}`;
    }
  return undefined;
}
