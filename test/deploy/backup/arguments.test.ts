import { parseBackupArguments } from "../../../lib/deploy/backup/arguments";

const parse = (...args: string[]) => parseBackupArguments(args, ["dev", "prod"]);

test.each([
  [["dev"], { command: "list", stage: "dev", json: false }],
  [["dev", "list", "--json"], { command: "list", stage: "dev", json: true }],
  [["dev", "--now"], { command: "now", stage: "dev" }],
  [
    ["prod", "verify", "42", "--endpoint", "http://[::1]:9"],
    { command: "verify", stage: "prod", id: "42", endpoint: "http://[::1]:9" },
  ],
  [
    ["prod", "bucket", "--account", "123456789012"],
    { command: "bucket", stage: "prod", passed: ["--account", "123456789012"] },
  ],
  [["keygen"], { command: "keygen" }],
  [["keygen", "--to", "key.txt"], { command: "keygen", to: "key.txt" }],
])("%j", (args, wanted) => expect(parse(...args)).toEqual(wanted));

test.each([
  [["keygen", "list"], "keygen stands alone."],
  [["dev", "list", "--now"], "--now and list exclude each other."],
  [["dev", "--to", "x"], "--to belongs to keygen."],
  [["dev", "verify"], "Say which backup to verify: its id, from list."],
  [["dev", "--now", "--json"], "--json belongs to list."],
  [["dev", "bucket", "--endpoint", "x"], "--endpoint belongs to list and verify."],
  [["dev", "--account", "123456789012"], "--account belongs to bucket."],
])("%j is refused", (args, problem) => expect(() => parse(...args)).toThrow(problem));
