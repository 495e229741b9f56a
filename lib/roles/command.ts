import { EXIT, LOGIN_ROLES } from "../contract";
import { count } from "../migrator";
import { CONNECT_FLAG, command, readConnection, Sources, usageProblems, WRITE_FLAG } from "../migrator/cli";
import { bootstrap as bootstrapRoles } from "./bootstrap";
import { readClients } from "./clients";
import { EXPECT_FLAGS, requireExpectedImage } from "./expected-image";
import { readPasswords } from "./read-passwords";

/** Safe to repeat: changes only differences. */
export const bootstrap = command({
  name: "bootstrap",
  summary: "Create the database's roles, or bring them and their passwords up to date.",
  description: `As the superuser. Each role's password comes from ROLES_DIR/<role>/password (ROLES_DIR is /etc/diabrisk/roles by default),\nor from MIGRATOR_PASSWORD, DATA_SVC_PASSWORD … or their _FILE forms.\nRoles: ${LOGIN_ROLES.join(", ")}.\nThe roles of services that run their own SQL come from CLIENTS, as JSON. A former one is dropped; without CLIENTS they stay.`,
  flags: {
    ...EXPECT_FLAGS,
    "no-test-users": { type: "boolean", help: "Seed the model alone, without the two test users." },
    "audit-months": {
      ...{ type: "number", placeholder: "MONTHS", least: 1, most: 1200 },
      help: "Months for which no entry of the audit log may be dropped. [as it is]",
    },
    "session-days": {
      ...{ type: "number", placeholder: "DAYS", least: 0, most: 3650 },
      help: "Days for which no ended session may be purged. [as it is]",
    },
    ...WRITE_FLAG,
    ...CONNECT_FLAG,
  },
  exits: { [EXIT.refused]: "the image is of another release; nothing was written" },
  examples: [["migrate bootstrap", "before the first up, and after a password has been changed"]],
  async run({ values, environment, log, signal, output }) {
    requireExpectedImage(values, environment);
    const sources = new Sources(environment);
    const connection = readConnection(sources);
    const clients = readClients(sources);
    const passwords = readPasswords(sources, clients);
    const { "connect-tries": connectTries, "password-wait": passwordWaitSeconds } = values;
    const { "audit-months": auditMonths, "session-days": sessionDays } = values;
    const overrideReadOnly = values["override-read-only"] === true;
    usageProblems(sources.problems);
    const { changed } = await bootstrapRoles({
      connection,
      passwords,
      clients,
      testUsers: values["no-test-users"] !== true,
      keeps: {
        ...(auditMonths !== undefined && { auditMonths }),
        ...(sessionDays !== undefined && { sessionDays }),
      },
      overrideReadOnly,
      log,
      signal,
      ...(connectTries !== undefined && { connectTries }),
      ...(passwordWaitSeconds !== undefined && { passwordWaitSeconds }),
    });
    const summary = changed.length > 0 ? `Bootstrapped: ${count(changed.length, "change")}.` : "Nothing to change.";
    output.result([summary], { result: "bootstrap", changed });
    return EXIT.ok;
  },
});
