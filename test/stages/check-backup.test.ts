import { PLACEHOLDER_RECIPIENT } from "../../lib/contract";
import { check } from "../../lib/stages/check";
import { RELEASED_BEFORE } from "../support/stages";
import { altered, common, personal, problems, rule } from "./support";

describe("a schedule", () => {
  rule(
    "is a cron line of five fields",
    personal,
    "backup.schedule",
    "@daily",
    /backup\.schedule is "@daily", which is no cron line .*Write numbers/,
  );
  rule("comes some day", personal, "backup.schedule", "0 3 31 2 *", /backup\.schedule is "0 3 31 2 \*"/);
  rule(
    "starts again only after the deadline of the last start",
    common,
    "backup.deadlineSeconds",
    3_600,
    /deadlineSeconds is 3600, but .* again after 3600 s, .*Set it to less than 3600/,
  );
  rule("of a drill is one, too", personal, "backup.drill.schedule", "60 * * * *", /backup\.drill\.schedule is "60/);
  rule("has a deadline", personal, "backup.deadlineSeconds", 5, /backup\.deadlineSeconds is 5, .* from 60/);
});

describe("the volume that a dump is made on", () => {
  rule(
    "is as large as the database's",
    personal,
    "backup.scratch",
    "11Gi",
    /scratch is 11Gi, but database\.storage is 12Gi, .*Set it to at least 12Gi/,
  );
  rule("has a size", personal, "backup.scratch", "much", /backup\.scratch is "much", which is no amount/);
  rule(
    "and restored from is twice as large",
    common,
    "backup.drill.storage",
    "100Gi",
    /drill\.storage is 100Gi, but .*Set it to at least twice 60Gi/,
  );
});

describe("a volume of backups", () => {
  const target = (storage: string, daily: number) => ({
    kind: "volume",
    storage,
    keep: { daily, weekly: 0, monthly: 0 },
  });
  rule(
    "is dev's alone",
    common,
    "backup.target",
    target("70Gi", 7),
    /backup\.target\.kind is "volume", .*Outside dev set "s3"/,
  );
  rule("has a size", personal, "backup.target", target("none", 7), /backup\.target\.storage is "none"/);
  rule("has room for one backup", personal, "backup.target", target("8Gi", 7), /target\.storage is 8Gi, .* least 12Gi/);
  rule("keeps a day at least", personal, "backup.target", target("20Gi", 0), /keep\.daily is 0, .* from 1/);
});

describe("a bucket of backups", () => {
  rule(
    "is reached over https",
    common,
    "backup.target.endpoint",
    "http://objects.hospital.example",
    /endpoint is "http:.*Outside dev set one/,
  );
  rule(
    "is reached at a server's URL alone",
    common,
    "backup.target.endpoint",
    "https://objects.hospital.example/bucket",
    /endpoint is .*without a path/,
  );
  rule("has a name that S3 takes", common, "backup.target.bucket", "My_Bucket", /bucket is "My_Bucket", .*Use 3 to 63/);
  rule(
    "has a prefix without slashes at its ends",
    common,
    "backup.target.prefix",
    "/prod",
    /prefix is "\/prod"\. Write/,
  );
  rule("is in a region", common, "backup.target.region", "", /region is ""\. Write it like/);
  rule("keeps a day at least", common, "backup.target.keepDays", 0, /keepDays is 0, .* from 1/);
  rule(
    "is reached at servers that are named",
    common,
    "backup.target.network",
    [],
    /network names no server.*Name one/,
  );
  rule(
    "is reached at addresses that are some",
    common,
    "backup.target.network",
    [{ kind: "addresses", cidr: "0.0.0.0/0" }],
    /backup\.target\.network\[0\]\.cidr is "0\.0\.0\.0\/0", which is no block/,
  );
});

describe("the keys of backups", () => {
  rule(
    "are not made up outside dev",
    common,
    "backup.recipients",
    { kind: "generated" },
    /recipients\.kind is "generated", .*Outside dev set "keys"/,
  );
  const { people, drill } = common.backup.recipients;
  rule(
    "are age's, without a mistyped letter",
    common,
    "backup.recipients.drill",
    drill.replace(/.$/, (last) => (last === "q" ? "p" : "q")),
    /recipients\.drill is "age1.*mistyped\. Write the "age1/,
  );
  rule(
    "are some person's",
    common,
    "backup.recipients.people",
    [],
    /recipients\.people is empty, .*Name a person's key/,
  );
  rule(
    "are not a person's for the drill",
    common,
    "backup.recipients.drill",
    people[0],
    /recipients\.drill is a person's key, too, .*Set it to one of its own/,
  );
  test("may be placeholders, which deploy refuses", () => {
    const keys = { kind: "keys", people: [PLACEHOLDER_RECIPIENT], drill: PLACEHOLDER_RECIPIENT };
    expect(problems(() => check(altered(common, "backup.recipients", keys), RELEASED_BEFORE.prod))).toEqual([]);
  });
});
