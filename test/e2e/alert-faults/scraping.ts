import { DATA_SVC, EXPORTER } from "../../../lib/contract";
import type { E2e } from "../case";
import { type AlertFault, MINUTE, SCRAPES } from "./fault";
import { changePolicy } from "./policies";
import { scaled } from "./scaled";
import { without } from "./without";

/** A connection that Prometheus has kept outlives a policy, so the pods are replaced. */
const replace = ({ kubectl }: E2e, app: string) =>
  kubectl.run(["delete", "pod", `--selector=app=${app}`, "--wait=false"]);

async function exporterShut(e2e: E2e): Promise<() => Promise<void>> {
  const end = await without(e2e, `networkpolicy/${EXPORTER.name}`);
  await replace(e2e, EXPORTER.name);
  return end;
}

/** Leaves in the pods of the same namespace alone. A rule without peers would let everybody in. */
async function serviceShut(e2e: E2e): Promise<() => Promise<void>> {
  const end = await changePolicy(e2e, DATA_SVC.name, ({ ingress }) => ({
    ingress: ingress
      .map(({ from = [], ...rule }) => ({ ...rule, from: from.filter((peer) => peer.podSelector) }))
      .filter(({ from }) => from.length > 0),
  }));
  await replace(e2e, DATA_SVC.name);
  return end;
}

/** Faults that keep Prometheus from what it should see. */
export const SCRAPING_FAULTS: readonly AlertFault[] = [
  {
    name: "the exporter's policy is gone",
    alerts: ["PostgresExporterDown warning"],
    seconds: 5 * MINUTE + SCRAPES,
    begin: exporterShut,
  },
  {
    name: "the exporter is gone",
    alerts: ["PostgresExporterDown warning"],
    seconds: 5 * MINUTE + SCRAPES,
    begin: scaled(`deployment/${EXPORTER.name}`),
  },
  {
    name: "data-svc's policy lets Prometheus in no more",
    alerts: ["DataServiceMetricsMissing warning"],
    seconds: 5 * MINUTE + SCRAPES,
    begin: serviceShut,
  },
  {
    name: "data-svc is gone",
    alerts: ["DataServiceMetricsMissing warning"],
    seconds: 5 * MINUTE + SCRAPES,
    begin: scaled(`deployment/${DATA_SVC.name}`),
  },
];
