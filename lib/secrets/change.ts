import { type Credentials, randomPassword } from "./credentials";
import { updateCredentials, type Wanted } from "./file";
import { CERTIFICATES, isCertificate, type Rotatable, userOf } from "./required";

/**
 * Stores a new password, or a new certificate of the same authority, and returns all credentials.
 * @throws CredentialsError
 */
export function changeCredentials(file: string, wanted: Wanted, what: Rotatable): Promise<Credentials> {
  return updateCredentials(file, wanted, async (complete) => {
    if (!isCertificate(what)) {
      return { ...complete, passwords: { ...complete.passwords, [userOf(what)]: randomPassword() } };
    }
    const { issueServer } = require("./issue") as typeof import("./issue");
    const { part } = CERTIFICATES[what];
    const renewed = await issueServer(complete.tls.authority, wanted.names[part], new Date());
    return { ...complete, tls: { ...complete.tls, [part]: renewed } };
  });
}
