import { type Client, EXIT, LOGIN_ROLES } from "../contract";
import { refusal } from "../migrator";

/** Passwords by role. */
export type Passwords = Readonly<Record<string, string>>;

/**
 * Refuses passwords that not every client could log in with.
 * @throws MigrateError `usage`, with all problems; none shows a password
 */
export function checkPasswords(passwords: Passwords, clients: readonly Client[] = []): void {
  const roles = [...LOGIN_ROLES, ...clients.map(({ role }) => role)];
  const problems = Object.entries(passwords).flatMap(([role, password]) => {
    const problem = unknownRole(role, roles) ?? unusable(password);
    return problem ? [`The password of ${role} ${problem}`] : [];
  });
  if (problems.length > 0) throw refusal("The roles' passwords cannot be set:", problems, EXIT.usage);
}

function unknownRole(role: string, roles: readonly string[]): string | undefined {
  if (roles.includes(role)) return undefined;
  return `is of no use: there is no such role. The roles are ${roles.join(", ")}.`;
}

function unusable(password: string): string | undefined {
  if (password === "")
    return "is empty, and PostgreSQL lets nobody in with an empty one. Put a password into its Secret.";
  if (/[\r\n]$/.test(password)) {
    return (
      "ends with a line break, which most clients would not send. " + "Write the Secret without one (printf, not echo)."
    );
  }
  if (!/^[\x20-\x7e]+$/.test(password)) {
    // Each client's SASLprep treats these differently.
    return (
      "has a character that is not printable ASCII, which clients normalise differently. " +
      "Use ASCII: 32 random hexadecimal digits do."
    );
  }
  return undefined;
}
