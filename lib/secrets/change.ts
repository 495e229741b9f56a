import type { TlsNames } from "./certificates";
import { type Credentials, randomPassword } from "./credentials";
import { updateCredentials } from "./file";
import { CERTIFICATES, isCertificate, type Rotatable, userOf } from "./required";

/**
 * Stores a new password, or a new certificate of the same authority, and returns all credentials.
 * @throws CredentialsError
 */
export function changeCredentials(file: string, names: TlsNames, what: Rotatable): Promise<Credentials> {
  return updateCredentials(file, names, async (complete) => {
    if (!isCertificate(what)) {
      return { ...complete, passwords: { ...complete.passwords, [userOf(what)]: randomPassword() } };
    }
    const { issueServer } = require("./issue") as typeof import("./issue");
    const { part } = CERTIFICATES[what];
    const renewed = await issueServer(complete.tls.authority, names[part], new Date());
    return { ...complete, tls: { ...complete.tls, [part]: renewed } };
  });
}
