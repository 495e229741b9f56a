/** Why a text cannot be used as a database URL. Never quotes it: it holds a password. */
export class DatabaseUrlError extends Error {
  override readonly name = "DatabaseUrlError";
}

const EXAMPLE = "postgres://ROLE:PASSWORD@HOST:5432/diabrisk, with special characters in the password percent-encoded";

/**
 * Checks a `postgres://` URL and returns it with its port written out, so that no PGPORT of the environment takes part.
 * @throws DatabaseUrlError that names every missing part
 */
export function checkDatabaseUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    // Not the cause: its `input` is the text.
    throw new DatabaseUrlError(`it is not a URL. Write ${EXAMPLE}`);
  }
  if (url.protocol !== "postgres:" && url.protocol !== "postgresql:") {
    throw new DatabaseUrlError(`its scheme is "${url.protocol}" and not "postgres:". Write ${EXAMPLE}`);
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

/** `role@host:port/database`: what may be said of a checked URL. */
export function describeDatabaseUrl(text: string): string {
  const { username, host, pathname } = new URL(text);
  return `${decodeURIComponent(username)}@${host}${decodeURIComponent(pathname)}`;
}
