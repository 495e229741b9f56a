/** Letters of a bech32 text; the place of each is its value, of five bits. */
const LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATORS = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
const PREFIX = "age";

/**
 * Whether `text` is an age public key (X25519): bech32 with the prefix `age`, 32 bytes and the right checksum. A mistyped
 * letter makes it false.
 */
export function isAgeRecipient(text: string): boolean {
  const data = /^age1([a-z0-9]{58})$/.exec(text)?.[1];
  if (data === undefined) return false;
  const values = [...data].map((letter) => LETTERS.indexOf(letter));
  // 256 bits fill 52 values, of which the last holds one: the four left over are zeros.
  return !values.includes(-1) && ((values[51] ?? 0) & 0b1111) === 0 && remainder([...EXPANDED, ...values]) === 1;
}

/** The prefix as values: the high bits of its letters, a zero, and their low bits. */
const EXPANDED = [
  ...[...PREFIX].map((letter) => letter.charCodeAt(0) >> 5),
  0,
  ...[...PREFIX].map((letter) => letter.charCodeAt(0) & 31),
];

/** Remainder of bech32's polynomial, which is 1 for a right checksum. */
function remainder(values: readonly number[]): number {
  return values.reduce((sum, value) => {
    const top = sum >> 25;
    const next = ((sum & 0x1ffffff) << 5) ^ value;
    return GENERATORS.reduce((mixed, generator, bit) => ((top >> bit) & 1 ? mixed ^ generator : mixed), next);
  }, 1);
}
