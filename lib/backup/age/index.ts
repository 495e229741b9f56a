/** Encryption in age's format. */
export { decrypt } from "./decrypt";
export { encrypt, encryptedBytesAtMost, recipientProblems } from "./encrypt";
export { readIdentities } from "./identity";
