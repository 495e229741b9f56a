import * as fs from "node:fs";
import * as path from "node:path";
import type { ClientConfig } from "pg";
import { readConnection } from "../../lib/migrator/settings/connection";
import { migrationsDirectory } from "../../lib/migrator/settings/directory";
import { type Environment, Sources } from "../../lib/migrator/settings/sources";
import { readPasswords } from "../../lib/roles/read-passwords";
import { makeFolder } from "./support/folder";

const secrets = makeFolder({
  url: "postgres://file:s3cret@mounted/diabrisk\n",
  password: "s3cret\r\n",
  empty: "",
  "ca.pem": "CERTIFICATE",
});
const file = (name: string) => path.join(secrets, name);

function read(environment: Environment, mounted = "/nonexistent"): { config: ClientConfig; problems: string[] } {
  const sources = new Sources(environment);
  return { config: readConnection(sources, mounted), problems: sources.problems };
}

describe("the connection is read from", () => {
  const cases: Record<string, [Environment, ClientConfig]> = {
    "a URL": [
      { DATABASE_URL: "postgres://u:p%40ss@h:5433/d" },
      { host: "h", port: 5433, user: "u", password: "p@ss", database: "d", ssl: false },
    ],
    "a URL whose parts libpq's variables complete": [
      { DATABASE_URL: "postgresql://h/d", PGUSER: "u", PGPASSWORD: "p", PGHOST: "other" },
      { host: "h", user: "u", password: "p", port: 5432 },
    ],
    "a URL in a file": [{ DATABASE_URL_FILE: file("url") }, { host: "mounted", user: "file", password: "s3cret" }],
    "libpq's variables": [
      { PGHOST: "h", PGPORT: "1", PGUSER: "u", PGPASSWORD: "p", PGDATABASE: "d", PGOPTIONS: "-c x=1" },
      { host: "h", port: 1, user: "u", password: "p", database: "d", options: "-c x=1" },
    ],
    "libpq's variables with a password in a file": [
      { PGHOST: "h", PGDATABASE: "d", PGPASSWORD_FILE: file("password") },
      { password: "s3cret" },
    ],
    "an IPv6 address": [{ DATABASE_URL: "postgres://u@[::1]:5432/d" }, { host: "::1" }],
    "an address to connect to, beside the name that the certificate has": [
      { DATABASE_URL: "postgres://u@postgres/d?hostaddr=127.0.0.1&sslmode=verify-ca" },
      { host: "127.0.0.1", ssl: expect.objectContaining({ host: "postgres", servername: "postgres" }) },
    ],
    "an address in PGHOSTADDR, which completes a URL as in libpq": [
      { DATABASE_URL: "postgres://u@postgres/d", PGHOSTADDR: "::1" },
      { host: "::1", ssl: false },
    ],
    "an address alone, which the certificate is then checked against": [
      { PGHOSTADDR: "127.0.0.1", PGDATABASE: "d", PGSSLMODE: "verify-full" },
      { host: "127.0.0.1", ssl: { rejectUnauthorized: true } },
    ],
    "an address in place of a socket, which is then none": [
      { DATABASE_URL: "postgres://u@/d?host=/run/postgresql&hostaddr=127.0.0.1&sslmode=require" },
      { host: "127.0.0.1", ssl: expect.objectContaining({ rejectUnauthorized: false }) },
    ],
    "an address for an address, which TLS has no name for": [
      { PGHOST: "10.0.0.1", PGHOSTADDR: "127.0.0.1", PGDATABASE: "d", PGSSLMODE: "verify-full" },
      { host: "127.0.0.1", ssl: { rejectUnauthorized: true, host: "10.0.0.1" } },
    ],
    "a socket's folder": [
      { DATABASE_URL: "postgres:///d?user=u&host=/run/postgresql" },
      { host: "/run/postgresql", database: "d" },
    ],
    "a socket's folder behind a user, as libpq writes it": [
      { DATABASE_URL: "postgres://u:p@/d?host=/run/postgresql&port=5433" },
      { host: "/run/postgresql", port: 5433, user: "u", password: "p", database: "d" },
    ],
    "a socket, on which sslmode says nothing": [
      { DATABASE_URL: "postgres:///d?user=u&host=/run/postgresql&sslmode=require" },
      { host: "/run/postgresql", ssl: false },
    ],
    "a plus, which is one": [
      { DATABASE_URL: "postgres://h/d?user=a+b&password=c+d%2Be" },
      { user: "a+b", password: "c+d+e" },
    ],
    "a URL without a host, which PGHOST names": [
      { DATABASE_URL: "postgres://u:p@:5433/d", PGHOST: "h" },
      { host: "h", port: 5433, user: "u", database: "d" },
    ],
    "variables that ask for nothing": [
      { DATABASE_URL: "postgres://u@h/d", PGCHANNELBINDING: "prefer", PGGSSENCMODE: "disable" },
      { host: "h" },
    ],
    "sslmode require": [
      { DATABASE_URL: "postgres://u@h/d?sslmode=require" },
      { ssl: expect.objectContaining({ rejectUnauthorized: false }) },
    ],
    "sslmode verify-full with an authority": [
      { PGHOST: "h", PGDATABASE: "d", PGSSLMODE: "verify-full", PGSSLROOTCERT: file("ca.pem") },
      { ssl: { rejectUnauthorized: true, ca: "CERTIFICATE" } },
    ],
    "sslmode require with an authority, which is then asked": [
      { PGHOST: "h", PGDATABASE: "d", PGSSLMODE: "require", PGSSLROOTCERT: file("ca.pem") },
      { ssl: expect.objectContaining({ rejectUnauthorized: true }) },
    ],
  };
  test.each(Object.entries(cases))("%s", (_, [environment, expected]) => {
    const { config, problems } = read(environment);
    expect(problems).toEqual([]);
    expect(config).toMatchObject(expected);
  });

  test("the mounted Secret, if nothing else is set", () => {
    expect(read({}, secrets).config).toMatchObject({ host: "mounted", user: "file" });
    expect(read({ PGHOST: "h", PGDATABASE: "d" }, secrets).config.host).toBe("h");
  });
});

describe("settings that cannot stand are all named, and no password is", () => {
  const cases: Record<string, [Environment, ...says: (string | RegExp)[]]> = {
    nothing: [{}, "No database is named. Set DATABASE_URL"],
    "both a value and a file": [
      { DATABASE_URL: "postgres://u:s3cret@h/d", DATABASE_URL_FILE: file("url") },
      "DATABASE_URL and DATABASE_URL_FILE are both set",
    ],
    "a missing file": [
      { DATABASE_URL_FILE: "/nonexistent/url" },
      "DATABASE_URL_FILE names /nonexistent/url, but there is no such file",
    ],
    "a folder for a file": [
      { PGHOST: "h", PGDATABASE: "d", PGPASSWORD_FILE: secrets },
      /PGPASSWORD_FILE names .* that is a folder/,
    ],
    "an empty file": [{ PGHOST: "h", PGDATABASE: "d", PGPASSWORD_FILE: file("empty") }, "which is empty"],
    "another scheme": [{ DATABASE_URL: "mysql://u:s3cret@h/d" }, "DATABASE_URL does not begin with postgres://"],
    "a password with a slash": [{ DATABASE_URL: "postgres://u:s3cret/s3cret@h/d" }, "DATABASE_URL is not a URL"],
    "a password with an @": [{ DATABASE_URL: "postgres://u:s3cret@s3cret@h/d" }, "Write each @"],
    "a password with an @ and a slash": [{ DATABASE_URL: "postgres://u:p@s3cret/s3cret@h:5432/d" }, "Write each @"],
    "a password with an @ and a ?": [{ DATABASE_URL: "postgres://u:p@s3cret?s3cret@h:5432/d" }, "Write each @"],
    "a password with an @ and a comma": [{ DATABASE_URL: "postgres://u:p@s3cret,s3cret@h:5432/d" }, "Write each @"],
    "a port that is no number": [{ DATABASE_URL: "postgres://u:s3cret@h:54x/d" }, "not a URL"],
    "a lone percent sign": [{ DATABASE_URL: "postgres://u:s3cret%zz@h/d" }, "Write % as %25"],
    "no database's name": [{ DATABASE_URL: "postgres://u:s3cret@h" }, "name no database"],
    "golang-migrate's parameters": [
      { DATABASE_URL: "postgres://u@h/d?x-migrations-table=x" },
      "parameter x-migrations-table, which is not understood",
    ],
    "an unknown sslmode": [{ DATABASE_URL: "postgres://u@h/d?sslmode=on" }, 'sslmode is "on"'],
    "an sslmode that anybody can turn off": [
      { DATABASE_URL: "postgres://u@h/d?sslmode=prefer" },
      "Choose: disable, require, verify-ca or verify-full",
    ],
    "a certificate that cannot be read": [
      { DATABASE_URL: "postgres://u@h/d?sslmode=verify-ca&sslrootcert=/nonexistent" },
      "sslrootcert names /nonexistent",
    ],
    "a service file": [
      { DATABASE_URL: "postgres://u@h/d", PGSERVICE: "x" },
      "PGSERVICE is set, which is not supported",
    ],
    "a service file alone": [{ PGSERVICE: "x" }, "PGSERVICE is set, which is not supported"],
    "what would make the connection safer, and is not understood": [
      { DATABASE_URL: "postgres://u@h/d", PGCHANNELBINDING: "require", PGREQUIREAUTH: "scram-sha-256" },
      "PGREQUIREAUTH is set",
      "PGCHANNELBINDING is set",
    ],
    "several hosts": [{ DATABASE_URL: "postgres://u:s3cret@a:1,b:2/d" }, "DATABASE_URL names several hosts"],
    "several hosts without ports": [{ DATABASE_URL: "postgres://u:s3cret@a,b/d" }, "DATABASE_URL names several hosts"],
    "several hosts in PGHOST": [{ PGHOST: "a,b", PGDATABASE: "d" }, /host names several hosts.*name the primary/],
    // Each would be another host, port and database without a word.
    "a password of digits and a #": [{ DATABASE_URL: "postgres://u:12#s3cret@h/d" }, "is not a URL like"],
    "a password of digits and a /": [{ DATABASE_URL: "postgres://u:12/s3cret@h" }, "is not a URL like"],
    "a password of digits and a ?": [{ DATABASE_URL: "postgres://u:12?s3cret@h/d" }, "written %3F", "name no database"],
    "a name for an address": [
      { PGHOST: "h", PGHOSTADDR: "localhost", PGDATABASE: "d" },
      /hostaddr is "localhost"; it takes one IP address\. Write a name as host/,
    ],
    "several addresses": [{ DATABASE_URL: "postgres://u@h/d?hostaddr=127.0.0.1,127.0.0.2" }, "it takes one IP address"],
    "several at once": [
      { DATABASE_URL: "postgres://u:s3cret@h?sslmode=x&y=z", PGSERVICE: "x", PGPORT: "70000" },
      "parameter y",
      "no database",
      'sslmode is "x"',
      'port is "70000"',
      "PGSERVICE",
    ],
  };
  test.each(Object.entries(cases))("%s", (_, [environment, ...says]) => {
    const { problems } = read(environment);
    expect(problems).toHaveLength(says.length);
    for (const text of says) expect(problems.join("\n")).toMatch(text);
    expect(problems.join("\n")).not.toContain("s3cret");
  });
});

describe("a password that no setting gives is looked for in libpq's file", () => {
  const pgpass = (content: string, mode = 0o600) => {
    const folder = makeFolder({ ".pgpass": content });
    fs.chmodSync(path.join(folder, ".pgpass"), mode);
    return folder;
  };
  const ask = (environment: Environment) => {
    const { config, problems } = read({ DATABASE_URL: "postgres://u@h:5433/a%3Ab", ...environment });
    expect(problems).toEqual([]);
    return (config.password as () => string)();
  };
  const entries = "# h:5433:a\\:b:u:comment\nh:1:*:u:port\n\nh:*:a\\:b:u:p\\:w\\\\d:more\r\n*:*:*:*:last";

  test("in HOME, by the first line that fits", () => expect(ask({ HOME: pgpass(entries) })).toBe("p:w\\d:more"));

  test("as PGPASSFILE names it", () =>
    expect(ask({ HOME: "/nonexistent", PGPASSFILE: path.join(pgpass("*:5433:*:*:x"), ".pgpass") })).toBe("x"));

  test("by the host's name, where it is reached at another address", () => {
    const HOME = pgpass("127.0.0.1:*:*:*:address\nh:*:*:*:name");
    expect(ask({ HOME, PGHOSTADDR: "127.0.0.1" })).toBe("name");
    const { config } = read({ PGHOSTADDR: "127.0.0.1", PGDATABASE: "d", HOME });
    expect((config.password as () => string)()).toBe("address");
  });

  test("a socket is its folder, too", () => {
    const { config } = read({ DATABASE_URL: "postgres://u@/d?host=/tmp", HOME: pgpass("/run:*:*:*:y\n/tmp:*:*:*:x") });
    expect((config.password as () => string)()).toBe("x");
  });

  test("a socket is the host localhost", () => {
    const { config } = read({ DATABASE_URL: "postgres://u@/d?host=/tmp", HOME: pgpass("localhost:*:*:*:x") });
    expect((config.password as () => string)()).toBe("x");
  });

  test("a line that does not fit, and no file, are said when the server asks", () => {
    for (const HOME of [pgpass("other:*:*:*:x"), "/nonexistent"])
      expect(() => ask({ HOME })).toThrow(`there is none in the settings or in ${HOME}/.pgpass`);
  });

  test("a file that others may read is not used", () =>
    expect(() => ask({ HOME: pgpass(entries, 0o640) })).toThrow(/may be read by others: chmod 600 .*\.pgpass/));
});

test("an unreadable Secret is named", () => {
  const failing = jest.spyOn(jest.requireActual<typeof fs>("node:fs"), "readFileSync").mockImplementationOnce(() => {
    throw Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" });
  });
  expect(read({ DATABASE_URL_FILE: file("url") }).problems).toEqual([
    expect.stringContaining("this user may not read it"),
  ]);
  failing.mockRestore();
});

test("the folder of migrations is the option's, else the variable's, else ./migrations", () => {
  expect(migrationsDirectory("a", { MIGRATIONS_DIR: "b" })).toBe("a");
  expect(migrationsDirectory(undefined, { MIGRATIONS_DIR: "b" })).toBe("b");
  expect(migrationsDirectory(undefined, {})).toMatch(/migrations$/);
});

test("each role's password comes from a variable, its file, or the role's folder", () => {
  const roles = makeFolder({});
  fs.mkdirSync(path.join(roles, "backup"));
  fs.writeFileSync(path.join(roles, "backup", "password"), "of-backup\n");
  const sources = new Sources({
    ROLES_DIR: roles,
    MIGRATOR_PASSWORD: "of-migrator",
    DATA_SVC_PASSWORD_FILE: file("password"),
  });
  expect(readPasswords(sources)).toEqual({ migrator: "of-migrator", data_svc: "s3cret", backup: "of-backup" });
  expect(sources.problems).toEqual([]);
});
