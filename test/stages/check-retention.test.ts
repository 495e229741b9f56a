import { check } from "../../lib/stages/check";
import { guaranteed } from "../../lib/stages/resources";
import { RELEASED_BEFORE } from "../support/stages";
import { altered, clustered, common, personal, problems, rule } from "./support";

describe("the retention", () => {
  rule(
    "starts by a cron line",
    common,
    "retention.schedule",
    "daily",
    /retention\.schedule is "daily", which is no cron/,
  );
  rule(
    "has ended before it starts again",
    common,
    "retention.deadlineSeconds",
    90_000,
    /retention\.deadlineSeconds is 90000, but .*Set it to less than 86400/,
  );
  rule(
    "does not meet a backup",
    common,
    "retention.schedule",
    "11 3 * * *",
    /retention\.schedule is "11 3 \* \* \*", which comes in the same minute as backup\.schedule, "11 \* \* \* \*", .*another minute/,
  );
  rule(
    "does not meet a drill, not on Mondays alone",
    personal,
    "retention.schedule",
    "41 2 * * *",
    /same minute as backup\.drill\.schedule, "41 2 \* \* 1"/,
  );
  rule(
    "does not meet a drill of the archive",
    clustered,
    "retention.schedule",
    "41 6 * * *",
    /same minute as cluster\.archive\.drill\.schedule/,
  );
  rule("keeps sessions for no years", common, "retention.sessionDays", 400, /sessionDays is 400, .* from 0 to 366/);
  rule("keeps sessions for days", common, "retention.sessionDays", -1, /sessionDays is -1, .* from 0 to 366/);
  rule(
    "keeps the log for a year where people are",
    common,
    "retention.auditMonths",
    6,
    /retention\.auditMonths is 6, but it counts months, .*at least 12; HIPAA's six years are 72/,
  );
  rule("keeps the log for some months", personal, "retention.auditMonths", 2, /auditMonths is 2, .*at least 3;/);
  rule("keeps the log for no century", common, "retention.auditMonths", 1200, /auditMonths is 1200, .* from 1 to 360/);
  rule("makes a partition ahead", common, "retention.partitionsAheadMonths", 0, /AheadMonths is 0, .* from 1 to 24/);
  rule(
    "has enough memory",
    common,
    "retention.resources",
    guaranteed({ cpu: "90m", memory: "32Mi", ephemeralStorage: "20Mi" }),
    /retention\.resources\.limits\.memory is 32Mi, .*Set at least 64Mi/,
  );
  rule(
    "is younger than its alert",
    common,
    "monitoring.retentionDays",
    1,
    /monitoring\.retentionDays is 1, but retention\.schedule .*at least 2/,
  );

  test("tells all problems at once", () => {
    const broken = altered(altered(common, "retention.auditMonths", 6), "retention.sessionDays", 1.5);
    expect(problems(() => check(broken, RELEASED_BEFORE.prod))).toHaveLength(2);
  });
});
