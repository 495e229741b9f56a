import { generateIdentity, identityToRecipient } from "age-encryption";

// Loaded only to make a pair, as issue.ts is.

/** A key pair of age. The recipient encrypts, the identity opens. */
export interface AgeKeyPair {
  /** Public key, `age1…`. */
  readonly recipient: string;
  /** Private key, `AGE-SECRET-KEY-1…`. */
  readonly identity: string;
}

export async function makeAgeKeys(): Promise<AgeKeyPair> {
  const identity = await generateIdentity();
  return { recipient: await identityToRecipient(identity), identity };
}
