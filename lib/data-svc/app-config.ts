import { type Static, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { parse, YAMLParseError } from "yaml";
import { type AppConfig, SERVICE_URL } from "../contract";

const strict = { additionalProperties: false };

const url = Type.String({ pattern: SERVICE_URL });

const LogLevel = Type.Union(
  (["trace", "debug", "info", "warn", "error", "fatal"] as const).map((level) => Type.Literal(level)),
);

/** Schema of `app-config`'s file. Refuses unknown keys, so that a misspelt one is noticed. */
const AppConfigSchema = Type.Object(
  {
    services: Type.Object(
      { "auth-svc": url, "ml-api": url, "api-gateway": url, frontend: url, "data-svc": url },
      strict,
    ),
    session: Type.Object(
      {
        lifetimeSeconds: Type.Integer({ minimum: 1 }),
        idleTimeoutSeconds: Type.Integer({ minimum: 1 }),
        cookie: Type.Object(
          {
            name: Type.String({ minLength: 1 }),
            secure: Type.Boolean(),
            httpOnly: Type.Boolean(),
            sameSite: Type.Union([Type.Literal("strict"), Type.Literal("lax"), Type.Literal("none")]),
          },
          strict,
        ),
      },
      strict,
    ),
    logLevel: LogLevel,
  },
  strict,
);

/** Log levels, the most talkative first. */
export const LOG_LEVELS = LogLevel.anyOf.map(({ const: level }) => level);

/** The parsed file, or all its problems, each naming its key. */
export type ParsedAppConfig = { readonly config: AppConfig } | { readonly problems: readonly string[] };

/** Parses and checks the text of `app.yaml`. */
export function parseAppConfig(text: string): ParsedAppConfig {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    return { problems: [`it is not YAML: ${error.message.split("\n")[0]}`] };
  }
  if (Value.Check(AppConfigSchema, document)) {
    const config: Static<typeof AppConfigSchema> = document;
    return { config };
  }
  // A missing key is reported twice; the first report says that it is missing.
  const first = new Map<string, string>();
  for (const { path, message } of Value.Errors(AppConfigSchema, document)) {
    if (!first.has(path)) first.set(path, message);
  }
  return {
    problems: [...first].map(([path, message]) => `${path.slice(1).replaceAll("/", ".") || "the file"}: ${message}`),
  };
}
