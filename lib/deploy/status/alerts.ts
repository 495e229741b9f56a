import type { Stage } from "../../stages/stage";
import { type Finding, worst } from "../../status/document";
import { counted, since } from "../../status/wording";
import type { Kubectl } from "../kubectl";

interface Alert {
  readonly state: string;
  readonly activeAt?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Rule {
  readonly name: string;
  /** `ok`, `err`, or `unknown` before the first evaluation. */
  readonly health?: string;
  readonly lastError?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly alerts?: readonly Alert[];
}

/** The rules, through the API server's proxy to the Prometheus operator's own Service. */
const rulesPath = (namespace: string) =>
  `/api/v1/namespaces/${namespace}/services/http:prometheus-operated:9090/proxy/api/v1/rules?type=alert`;

/** Judges the alerts of the namespace that fire. Rules that no Prometheus has loaded, or that it fails to evaluate, could not fire, so that is told, too. */
export async function alertsFinding({ monitoring, network }: Stage, kubectl: Kubectl, now: Date): Promise<Finding> {
  if (monitoring.kind === "none") return { state: "ok", text: "This stage has no monitoring." };
  const answer = JSON.parse(await kubectl.run(["get", "--raw", rulesPath(network.monitoringNamespace)])) as {
    readonly data: { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
  };
  const all = answer.data.groups.flatMap(({ rules }) => rules);
  const ours = all.filter(({ labels }) => labels?.namespace === kubectl.namespace);
  if (ours.length === 0) {
    const text = `Prometheus in namespace ${network.monitoringNamespace} has loaded no alert of this stage. See monitoring.labels.`;
    return { state: "failed", text, values: { rules: 0, firing: 0 } };
  }
  return firingOf(ours, now);
}

function firingOf(rules: readonly Rule[], now: Date): Finding {
  const firing = rules.flatMap(({ alerts = [] }) => alerts).filter(({ state }) => state === "firing");
  const values = { rules: rules.length, firing: firing.length };
  const broken = rules.filter(({ health }) => health === "err");
  const blind: Finding = {
    state: broken.length > 0 ? "failed" : "ok",
    text: broken.length > 0 ? ` ${counted(broken.length, "alert")} cannot be judged.` : "",
    details: broken.map(
      ({ name, lastError }) => `${name} cannot be judged: ${lastError || "Prometheus does not say why"}`,
    ),
  };
  if (firing.length === 0)
    return { ...blind, text: `None of ${counted(rules.length, "alert")} fires.${blind.text}`, values };
  const critical = firing.filter(({ labels }) => labels.severity === "critical");
  const sorted = [...critical, ...firing.filter((alert) => !critical.includes(alert))];
  const names = [...new Set(sorted.map(nameOf))];
  return {
    state: worst([{ state: critical.length > 0 ? "failed" : "warning" }, blind]),
    text: `${counted(names.length, "alert")} ${names.length === 1 ? "fires" : "fire"}: ${names.join(", ")}.${blind.text}`,
    details: [...sorted.map((alert) => describe(alert, now)), ...(blind.details ?? [])],
    values,
  };
}

const nameOf = ({ labels }: Alert) => `${labels.alertname} (${labels.severity})`;

function describe(alert: Alert, now: Date): string {
  const { activeAt, annotations } = alert;
  const begun = activeAt === undefined ? "" : ` ${since(new Date(activeAt), now)}`;
  return [`${nameOf(alert)}${begun}`, annotations?.summary].filter(Boolean).join(": ");
}
