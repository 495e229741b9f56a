import { readFileSync } from "node:fs";
import type { ClientConfig } from "pg";

export const TLS_PARAMETERS = ["sslmode", "sslrootcert", "sslcert", "sslkey"] as const;
export type TlsParameters = Partial<Record<(typeof TLS_PARAMETERS)[number], string>>;

/** Maps libpq's sslmode. node-postgres gives the same words other meanings. */
export function tls(parameters: TlsParameters, problems: string[]): ClientConfig["ssl"] {
  const mode = parameters.sslmode ?? (parameters.sslrootcert ? "verify-full" : "disable");
  if (mode === "disable") return false;
  if (mode === "allow" || mode === "prefer") {
    problems.push(
      `sslmode is ${mode}, with which anybody on the way can turn encryption off. Choose: disable, require, verify-ca or verify-full.`,
    );
    return false;
  }
  if (mode !== "require" && mode !== "verify-ca" && mode !== "verify-full") {
    problems.push(`sslmode is ${JSON.stringify(mode)}. It takes disable, require, verify-ca or verify-full.`);
    return false;
  }
  const ca = read("sslrootcert", parameters, problems);
  const cert = read("sslcert", parameters, problems);
  const key = read("sslkey", parameters, problems);
  return {
    // As in libpq, a named authority is always checked.
    rejectUnauthorized: mode !== "require" || ca !== undefined,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(mode !== "verify-full" && { checkServerIdentity: () => undefined }),
  };
}

function read(name: keyof TlsParameters, parameters: TlsParameters, problems: string[]): string | undefined {
  const file = parameters[name];
  // libpq's word for the operating system's authorities, Node's default.
  if (file === undefined || file === "system") return undefined;
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    problems.push(`${name} names ${file}, which cannot be read: ${(error as Error).message}.`);
    return undefined;
  }
}
