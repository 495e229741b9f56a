import { type Credentials, randomPassword } from "./credentials";
import { updateCredentials } from "./file";
import { type Rotatable, userOf } from "./required";

/**
 * Stores a new password, or a new certificate of the same authority, and returns all credentials.
 * @throws CredentialsError
 */
export function changeCredentials(file: string, names: readonly string[], what: Rotatable): Promise<Credentials> {
  return updateCredentials(file, names, async (complete) => {
    if (what !== "tls") {
      return { ...complete, passwords: { ...complete.passwords, [userOf(what)]: randomPassword() } };
    }
    const { issueServer } = require("./issue") as typeof import("./issue");
    const server = await issueServer(complete.tls.authority, names, new Date());
    return { ...complete, tls: { ...complete.tls, server } };
  });
}
