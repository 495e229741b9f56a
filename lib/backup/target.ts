/** Where backups are kept. */
export type Target =
  | { readonly kind: "volume"; readonly folder: string }
  | { readonly kind: "s3"; readonly endpoint: URL; readonly bucket: string; readonly prefix: string };

export const TARGET_FORMS = "volume:/FOLDER or s3:https://HOST[:PORT]/BUCKET[/PREFIX]";

/** Reads a target, or says what is wrong with it. */
export function parseTarget(text: string): Target | { readonly problem: string } {
  const wrong = (reason: string) => ({
    problem: `--target is ${JSON.stringify(text)}, ${reason}. It takes ${TARGET_FORMS}.`,
  });
  const [, kind, rest = ""] = /^(volume|s3):(.*)$/s.exec(text) ?? [];
  if (kind === undefined) return wrong("neither a volume nor S3");
  if (kind === "volume") return rest.startsWith("/") ? { kind, folder: rest } : wrong("whose folder is not absolute");
  if (!URL.canParse(rest)) return wrong("whose endpoint is no URL");
  const { protocol, origin, pathname, username, password, search, hash } = new URL(rest);
  if (protocol !== "https:" && protocol !== "http:") return wrong("whose endpoint is neither https nor http");
  if (username || password) return wrong("which holds a credential; the keys belong into files or the environment");
  if (search || hash) return wrong("whose URL has more than a path");
  const [bucket, ...prefix] = pathname.split("/").filter(Boolean);
  if (bucket === undefined) return wrong("without a bucket");
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket))
    return wrong("whose bucket is none: 3 to 63 small letters, digits, dots and hyphens");
  if (!prefix.every((part) => /^[\w.-]+$/.test(part)))
    return wrong("whose prefix has more than letters, digits, dots, hyphens, underscores and slashes");
  return { kind: "s3", endpoint: new URL(origin), bucket, prefix: prefix.join("/") };
}
