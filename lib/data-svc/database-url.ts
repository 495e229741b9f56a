/** A text that is no usable database URL. The message never quotes it, since it holds a password. */
export class DatabaseUrlError extends Error {
  override readonly name = "DatabaseUrlError";
}

const EXAMPLE = "postgres://ROLE:PASSWORD@HOST:5432/diabrisk, with special characters in the password percent-encoded";

/**
 * Checks a `postgres://` URL and adds its port, so that PGPORT has no influence.
 * @throws DatabaseUrlError naming every missing part
 */
export function checkDatabaseUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    // Not passed as the cause, whose `input` is the text.
    throw new DatabaseUrlError(`it is not a URL. Write ${EXAMPLE}`);
  }
  if (url.protocol !== "postgres:" && url.protocol !== "postgresql:") {
    throw new DatabaseUrlError(`it does not begin with postgres://. Write ${EXAMPLE}`);
  }
  // An unencoded password ends at such a character, and its rest would be taken for a host or a database, which logs name.
  if (/@.*@|#/.test(text) || url.pathname.slice(1).match(/[/@]/)) {
    throw new DatabaseUrlError(
      `it has one @ too many, or a # or / in its name or password. Write them as %40, %23 and %2F, and ${EXAMPLE}`,
    );
  }
  const missing = [
    [url.username, "a role"],
    [url.hostname, "a host"],
    [url.pathname.slice(1), "a database name"],
  ].flatMap(([value, what]) => (value ? [] : [what]));
  if (!isDecodable(url))
    throw new DatabaseUrlError(`it has a % that no two hexadecimal digits of UTF-8 follow. Write ${EXAMPLE}`);
  if (missing.length) throw new DatabaseUrlError(`it lacks ${missing.join(" and ")}. Write ${EXAMPLE}`);
  url.port ||= "5432";
  return url.href;
}

function isDecodable({ username, password, pathname, hostname }: URL): boolean {
  try {
    return [username, password, pathname, hostname].map(decodeURIComponent).length > 0;
  } catch {
    return false;
  }
}

/** `role@host:port/database`, the printable part of a checked URL. */
export function describeDatabaseUrl(text: string): string {
  const { username, host, pathname } = new URL(text);
  return `${decodeURIComponent(username)}@${host}${decodeURIComponent(pathname)}`;
}
