/** What a name ends in that holds a secret: `POSTGRES_PASSWORD`, `apiKey`, but not `PASSWORD_FILE` or `tokenTTL`. */
const SECRET_NAME =
  /(?:^|[^a-z]|pg)(?:pass(?:word|wd|phrase)?|pwd|secret|token|credentials?|(?:api|access|private|secret|signing|encryption|auth|account)[-_. ]?key)$/i;

/** Values that stand for something else, or for nothing. */
const PLACEHOLDER =
  /^$|^\$\(|^\$\{|^\$\w|\{\{|^\/|^\.\.?\/|^file:|^(?:true|false|none|null|yes|no|on|off|enabled|disabled|required|optional|trust|md5|scram-sha-256)$/i;

/** What begins as keys and tokens of well-known services do. */
const KNOWN =
  /-----BEGIN [A-Z ]*PRIVATE KEY-----|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_[0-9A-Za-z]{36}|\bgithub_pat_\w{22,}|\bglpat-[\w-]{20}|\bxox[abprs]-[\w-]{10,}|\bsk_live_\w{16,}|\bAIza[\w-]{35}|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/;

/** Without one of these no name in a text is a secret's. */
const HINT = /pass|pwd|secret|token|credential|key/i;

/** User and password in a URL, where the password is written out. */
const URL_PASSWORD = /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@'"]*:([^\s/@'"]+)@/gi;
/** `password: value`, `password=value` and `--password value`, in a line of any language. */
const ASSIGNMENT = /(?:^|[\s,;{'"-])([A-Za-z][\w.-]*)['"]?\s*(?::\s|=)\s*['"]?([^\s'",;}]+)/g;
const FLAG = /^--?([A-Za-z][\w.-]*)(?:=(.*))?$/s;
/** A checksum is named as one, or begins with its algorithm. */
const CHECKSUM_NAME = /(?:checksum|digest|sha\d*|hash|revision|commit|version|fingerprint|uid|etag|generation)/i;
const CHECKSUM = /^(?:sha\d+[:-])?[0-9a-f]{8,128}$/i;
const CANDIDATE = /(?<![\w+/=:@.-])[A-Za-z0-9+/_-]{20,}={0,2}(?![\w+/=-])/g;

/** camelCase as words, so that `dbPassword` ends in one. */
const words = (name: string) => name.replace(/([a-z0-9])([A-Z])/g, "$1_$2");

export const isSecretName = (name: string) => SECRET_NAME.test(words(name));
const isLiteral = (value: string) => !PLACEHOLDER.test(value);

/** Why a named value looks like a password written out; undefined if it does not. Never quotes it. */
export function literalIn(name: string, value: string): string | undefined {
  if (CHECKSUM_NAME.test(name) && CHECKSUM.test(value)) return undefined;
  if (isSecretName(name) && !value.includes("\n") && isLiteral(value)) return "is a literal under a secret's name";
  return literalInText(value) ?? (CHECKSUM_NAME.test(name) ? undefined : randomIn(value));
}

/** The same for arguments, of which one may name what the next one is. */
export function literalInArguments(values: readonly unknown[]): readonly (readonly [number, string])[] {
  return values.flatMap((value, index) => {
    if (typeof value !== "string") return [];
    const [, flag, after] = FLAG.exec(value) ?? [];
    const next = values[index + 1];
    const given = after ?? (typeof next === "string" && !next.startsWith("-") ? next : "");
    const named = flag !== undefined && isSecretName(flag) && isLiteral(given);
    const problem = named ? "is a literal under a secret's name" : (literalInText(value) ?? randomIn(value));
    return problem === undefined ? [] : [[index, problem] as const];
  });
}

function literalInText(value: string): string | undefined {
  if (value.length < 6) return undefined;
  if (KNOWN.test(value)) return "holds a key or token";
  if (value.includes("://"))
    for (const [, password = ""] of value.matchAll(URL_PASSWORD))
      if (isLiteral(password)) return "holds a URL with a password";
  if (HINT.test(value))
    for (const [, name = "", assigned = ""] of value.matchAll(ASSIGNMENT))
      if (isSecretName(name) && isLiteral(assigned)) return `holds a literal ${name}`;
  return undefined;
}

/** Bits per character above which a word is random. English is near 4, identifiers in camelCase near 4.2. */
const RANDOM = 4.3;

const SHORTEST_KEY = 20;

/** Letters of both cases and digits without order. Hexadecimal is left to names: checksums are made of it. */
function randomIn(value: string): string | undefined {
  if (value.length < SHORTEST_KEY) return undefined;
  for (const [word] of value.matchAll(CANDIDATE)) {
    if (!/\d/.test(word) || !/[a-z]/.test(word) || !/[A-Z]/.test(word) || /^[0-9a-f]+$/i.test(word)) continue;
    if (entropy(word) > RANDOM) return "holds what looks random, as a key does";
  }
  return undefined;
}

/** Shannon's, in bits per character. */
function entropy(word: string): number {
  const counts = new Map<string, number>();
  for (const character of word) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / word.length) * Math.log2(count / word.length);
  return bits;
}
