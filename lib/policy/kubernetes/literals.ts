import { holdsRandom } from "./random";
import { isLiteral, isReference, isSecretName } from "./secret-names";
import { literalInText, unnamedIn } from "./secret-texts";

const FLAG = /^--?([A-Za-z][\w.-]*)(?:=(.*))?$/s;
/** A checksum has a name that says so, or begins with its algorithm. */
const CHECKSUM_NAME = /(?:checksum|digest|sha\d*|hash|revision|commit|version|fingerprint|uid|etag|generation)/i;
const CHECKSUM = /^(?:sha\d+[:-])?[0-9a-f]{8,128}$/i;

const NAMED = "is a literal under a secret's name";
const RANDOM = "holds what looks random, as a key does";

const isNamed = (name: string, value: string) => isSecretName(name) && isLiteral(value) && !isReference(name, value);

/** Explains why a named value looks like a written-out password; undefined if it does not. Never quotes the value. */
export function literalIn(name: string, value: string): string | undefined {
  const given = value.trim();
  if (CHECKSUM_NAME.test(name) && CHECKSUM.test(given)) return undefined;
  if (!given.includes("\n") && isNamed(name, given)) return NAMED;
  return literalInText(given) ?? (!CHECKSUM_NAME.test(name) && holdsRandom(given) ? RANDOM : undefined);
}

/** The same for the words of a command, each problem with its word's index. A word may name the next one. */
export function literalInArguments(values: readonly unknown[]): readonly (readonly [number, string])[] {
  const words = values.map((value) => (typeof value === "string" ? value : ""));
  const found = words.flatMap((word, index) => {
    const problem = inFlag(word, words[index + 1]) ?? literalInText(word) ?? (holdsRandom(word) ? RANDOM : undefined);
    return problem === undefined ? [] : [[index, problem] as const];
  });
  const unnamed = found.length === 0 ? unnamedIn(words.join(" ")) : undefined;
  return unnamed === undefined ? found : [[words.findIndex((word) => word.includes(unnamed)), "is a password"]];
}

function inFlag(word: string, next = ""): string | undefined {
  const [, flag, given = next.startsWith("-") ? "" : next] = FLAG.exec(word) ?? [];
  return flag !== undefined && isNamed(flag, given.trim()) ? NAMED : undefined;
}
