import { guaranteed } from "../../lib/stages/resources";
import { common, personal, rule } from "./support";

const resources = (cpu: string, memory: string) => guaranteed({ cpu, memory, ephemeralStorage: "64Mi" });
/** The namespace would not have such a container either. */
const TOO_SMALL_FOR_THE_NAMESPACE = /^limits\.container\.min\./;

describe("an amount", () => {
  rule(
    "is a quantity of Kubernetes",
    personal,
    "service.resources.limits.memory",
    "256MB",
    /limits\.memory is "256MB".*Write it like/,
  );
  rule(
    "is more than nothing",
    personal,
    "migration.resources.limits.cpu",
    "0",
    /migration\.resources\.limits\.cpu is "0"/,
    /migration\.resources\.limits\.cpu is 0, .*Set at least 50m/,
  );
  rule(
    "that is requested is at most the limit",
    common,
    "service.resources.requests.cpu",
    "3",
    /requests\.cpu is 3, more than service\.resources\.limits\.cpu, which is 700m; .*Lower the first or raise the second/,
  );
});

describe("a program", () => {
  rule(
    "has memory enough to start: data-svc",
    personal,
    "service.resources",
    resources("200m", "8Mi"),
    /memory is 8Mi, .* least 96Mi/,
    TOO_SMALL_FOR_THE_NAMESPACE,
  );
  rule(
    "has memory enough to start: migrate",
    personal,
    "migration.resources",
    resources("200m", "8Mi"),
    /memory is 8Mi, .* least 64Mi/,
    TOO_SMALL_FOR_THE_NAMESPACE,
  );
  rule(
    "has cores enough to start before it is given up",
    personal,
    "service.resources",
    resources("1m", "200Mi"),
    /limits\.cpu is 1m, .* least 50m/,
    TOO_SMALL_FOR_THE_NAMESPACE,
  );
});

describe("a namespace", () => {
  rule(
    "has a quota into which the pods of an update fit, beside two migrations, backups and retentions, and a drill",
    personal,
    "limits.quota.limits.memory",
    "1Gi",
    /quota\.requests\.memory is 5Gi, more than/,
    /quota\.limits\.memory is 1Gi, but .* need 2376Mi\. Raise it/,
  );
  rule(
    "allows the largest container",
    personal,
    "limits.container.max.memory",
    "210Mi",
    /container\.max\.memory is 210Mi, but .* need 300Mi/,
  );
  rule(
    "allows the smallest container",
    personal,
    "limits.container.min.cpu",
    "100m",
    /container\.min\.cpu is 100m, but one container asks for 0\.04 .*Lower the minimum/,
  );
  rule(
    "has a quota of pods for the database, two migrations, backups and retentions, a drill and an update of the service",
    personal,
    "limits.quota.pods",
    1,
    /quota\.pods is 1, but .* need 11\. Raise it/,
  );
  rule(
    "has a quota of whole pods",
    personal,
    "limits.quota.pods",
    1.5,
    /quota\.pods is 1\.5, which is not a whole number/,
  );
  rule(
    "has a quota of countable pods",
    personal,
    "limits.quota.pods",
    1e21,
    /quota\.pods is 1e\+21, which is not a whole number/,
  );
});
