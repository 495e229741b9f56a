import { DATA_SVC, TLS_KEYS } from "../../lib/contract";
import { IdentityError, readIdentity } from "../../lib/data-svc/tls/identity";
import type { KeyPair } from "../../lib/secrets/certificates";
import { issueAuthority, issueServer } from "../../lib/secrets/issue";
import { readFrom } from "./support";

const NOW = new Date();
const DAY = 86_400_000;
const later = (days: number) => new Date(NOW.getTime() + days * DAY);
const NAMES = [DATA_SVC.name];

/** The files of a Secret. */
const files = (pair: Partial<KeyPair>, authority: string | undefined): Record<string, string> =>
  Object.fromEntries(
    [
      [TLS_KEYS.certificate, pair.certificate],
      [TLS_KEYS.key, pair.key],
      [TLS_KEYS.authority, authority],
    ].flatMap(([name, text]) => (text === undefined ? [] : [[`/tls/${name}`, text]])),
  );

function problemsOf(given: Record<string, string>, now = NOW): readonly string[] {
  try {
    readIdentity("/tls", readFrom(given), now);
    return [];
  } catch (error) {
    if (error instanceof IdentityError) return error.problems;
    throw error;
  }
}

let authority: KeyPair;
let pair: KeyPair;
beforeAll(async () => {
  authority = await issueAuthority(NOW);
  pair = await issueServer(authority, NAMES, NOW);
});

test("a Secret as synth or cert-manager makes it is served until its certificate ends", () => {
  const identity = readIdentity("/tls", readFrom(files(pair, authority.certificate)), NOW);
  expect(identity).toMatchObject(pair);
  expect(identity.expiresAt.getTime()).toBeCloseTo(later(365).getTime(), -4);
});

test("it ends with its authority, where that ends first", async () => {
  const old = await issueAuthority(later(-3650 + 20));
  const young = await issueServer(old, NAMES, NOW);
  const { expiresAt } = readIdentity("/tls", readFrom(files(young, old.certificate)), NOW);
  expect(expiresAt.getTime()).toBeCloseTo(later(20).getTime(), -4);
});

test("certificates between it and the authority are served with it", async () => {
  const chain = `${pair.certificate}${authority.certificate}`;
  const identity = readIdentity("/tls", readFrom(files({ ...pair, certificate: chain }, authority.certificate)), NOW);
  expect(identity.certificate.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
});

test.each<[string, () => Promise<Record<string, string>>, RegExp[]]>([
  [
    "nothing at all",
    async () => ({}),
    [/"\/tls\/tls\.crt" cannot be read \(ENOENT\)\. Mount the Secret data-svc-tls/, /tls\.key/, /ca\.crt/],
  ],
  ["no key", async () => files({ certificate: pair.certificate }, authority.certificate), [/tls\.key" cannot be read/]],
  [
    "what is no PEM",
    async () => files({ certificate: "s3cret", key: "s3cret" }, "s3cret"),
    [/tls\.crt" holds no certificate in PEM/, /tls\.key" holds no private key/, /ca\.crt" holds no certificate/],
  ],
  [
    "another's key",
    async () => files({ ...pair, key: (await issueServer(authority, NAMES, NOW)).key }, authority.certificate),
    [/tls\.key is not the key of the certificate in tls\.crt/],
  ],
  [
    "another's authority, of the same name",
    async () => files(pair, (await issueAuthority(NOW)).certificate),
    [/tls\.crt is not issued by an authority in ca\.crt/],
  ],
  [
    "the database's certificate",
    async () => files(await issueServer(authority, ["postgres"], NOW), authority.certificate),
    [/lacks the name data-svc/],
  ],
  [
    "one that is not valid yet",
    async () => files(await issueServer(authority, NAMES, later(1)), authority.certificate),
    [/is valid from .* only\. Compare the clocks/],
  ],
  [
    "one that has expired",
    async () => files(await issueServer(authority, NAMES, later(-366)), authority.certificate),
    [/certificate in tls\.crt expired on .*no caller trusts it/],
  ],
  [
    "several at once",
    async () => files(await issueServer(authority, ["postgres"], later(-366)), authority.certificate),
    [/lacks the name/, /expired on/],
  ],
])("refuses %s, with every problem", async (_, given, expected) => {
  const problems = problemsOf(await given());
  expect(problems).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
  expect(problems.join()).not.toContain("s3cret");
});
