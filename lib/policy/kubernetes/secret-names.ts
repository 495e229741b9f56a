const KEYS = "api|access|private|secret|signing|encryption|auth|account|master|app|jwt|hmac";
const SEPARATOR = "[-_. ]?";

/**
 * Endings of names that hold a secret, e.g. `POSTGRES_PASSWORD`, `dbpass` or `apiKey`. A number or a stage's name may
 * follow, e.g. `ADMIN_PASSWORD2`. `PASSWORD_FILE`, `tokenTTL` and `bypass` do not match.
 */
const SECRET_NAME = new RegExp(
  "(?:password|passwd|passphrase|passcode|pwd|secret|token|credentials?" +
    `|(?<!by|com|sur|tres|over|under|multi)pass|(?:${KEYS})${SEPARATOR}key|secret${SEPARATOR}key${SEPARATOR}base` +
    `|(?:redis|master|primary)${SEPARATOR}auth)(?:${SEPARATOR}\\d{1,4})?(?:[-_. ](?:prod|production|staging|dev|test|old|new))?$`,
);
const PASSWORD_NAME = /pass(?:word|wd|phrase|code)?$/i;

/** Names of tokens that are counted, or special tokens of a language model. */
const COUNTED = /(?:^|[^a-z])(?:max|min|num|per|eos|bos|pad|unk)[^a-z]token$/;

/** Splits camelCase into words, so that `dbToken` ends in `token`. */
const words = (name: string) => name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();

export function isSecretName(name: string): boolean {
  const normal = words(name);
  return SECRET_NAME.test(normal) && !COUNTED.test(normal);
}

/** Whether a name can only mean a password. Other words are ambiguous: `token` may be part of an image's name. */
export const isPasswordName = (name: string) => PASSWORD_NAME.test(name);

/** Names whose value is a Secret's name: annotations, and names about certificates. */
const SECRET_REFERENCE = /\/[-a-z.]*secret$|(?:^|[^a-z])(?:tls|ssl|ca|cert|certificate|pull)[^a-z]secret$/;
const OBJECT_NAME = /^(?:[a-z0-9][-a-z0-9]*\/)?[a-z0-9][-a-z0-9.]*$/;

/** Whether `value` is the name of a Secret, not a secret itself. */
export const isReference = (name: string, value: string) =>
  SECRET_REFERENCE.test(words(name)) && OBJECT_NAME.test(value);

/** Values that stand for something else, or for nothing. */
const PLACEHOLDERS: readonly RegExp[] = [
  /^$/,
  // Variables and commands of shells and Kubernetes. A variable's name is letters, or capitals and digits, so
  // `$ecretPassw0rd` does not match.
  /^\$[({]|^`|^\$(?:\d|[A-Z_][A-Z0-9_]*|[A-Za-z_]+)(?![A-Za-z0-9_])/,
  // Templates.
  /^\{\{|\{\{.*\}\}|^\{[\w.]+\}?$|^<[^<>]*>?$|^%[sdv]$|^%\(\w+\)?|^%\w+%$/s,
  // Paths.
  /^(?:~|\.{1,2})?\/[\w.@%+:=,~${}/-]*$/,
  // References to a secret store, and encrypted values.
  /^(?:file|vault|bao|secretref|op|ssm|arn|env|ref\+\w+):|^ENC[[(]/i,
  /^\*+$/,
  /^(?:true|false|none|null|nil|undefined|yes|no|on|off|enabled|disabled|required|optional|trust|md5|scram-sha-256)$/i,
  /^(?:include|omit|same-origin)$/,
];

export const isLiteral = (value: string) => !PLACEHOLDERS.some((placeholder) => placeholder.test(value));

/** Expressions of a program, and the start of a list or mapping: `req.headers.x`, `getenv(…)`, `os.environ[…]`. */
const EXPRESSION = /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_]+)+$|^[A-Za-z_$][\w$.]*[([]|^[{[(*!]/;
const KEYWORD =
  /^(?:string|str|number|int|bool|boolean|object|any|await|async|new|function|return|raise|throw|pass|read|write)$/i;

/** The same for an unquoted word in a text that may be a program. */
export const isLiteralWord = (word: string) => isLiteral(word) && !EXPRESSION.test(word) && !KEYWORD.test(word);
