/** Bits per character above which a word is random. English is near 4, identifiers in camelCase near 4.2. */
const RANDOM = 4.3;
const SHORTEST_KEY = 20;
const CANDIDATE = /(?<![\w+/=:@.-])[A-Za-z0-9+/_-]{20,}={0,2}(?![\w+/=-])/g;

/** Random-looking texts that are public: certificates, SSH public keys and hosts, checksums in base64. */
const PUBLIC =
  /-----BEGIN ([A-Z0-9 ]{1,40})-----[^-]*-----END \1-----|\b(?:ssh-[a-z0-9]+|ecdsa-sha2-\w+)\s+AAAA[\w+/=]+|\|1\|[\w+/=]+\|[\w+/=]+|\b(?:sha\d+[:-]|h1:)[\w+/=]+/gi;

/**
 * Whether a text holds a random word of digits and letters of both cases. Hexadecimal does not count, because checksums
 * use it.
 */
export const holdsRandom = (value: string) => hasRandomWord(value) && hasRandomWord(value.replace(PUBLIC, " "));

function hasRandomWord(value: string): boolean {
  if (value.length < SHORTEST_KEY) return false;
  for (const [word] of value.matchAll(CANDIDATE)) {
    if (!/\d/.test(word) || !/[a-z]/.test(word) || !/[A-Z]/.test(word) || /^[0-9a-f]+$/i.test(word)) continue;
    if (entropy(word) > RANDOM) return true;
  }
  return false;
}

/** Shannon entropy, in bits per character. */
function entropy(word: string): number {
  const counts = new Map<string, number>();
  for (const character of word) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / word.length) * Math.log2(count / word.length);
  return bits;
}
