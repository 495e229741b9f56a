import { strict as assert } from "node:assert";
import { CLUSTER_FAULTS } from "../alert-faults";
import { AlertProof } from "../alert-proof";
import type { Case } from "../case";
import { untilHealthy } from "../cluster";
import { requirePrometheus } from "../operators";
import { Prometheus } from "../prometheus";
import { LAST_SUCCESS } from "./alerts";

/** The instances' volumes have no size on this cluster, so that the kubelet does not measure them. */
const isMeasured = (metric: string) => metric !== LAST_SUCCESS && !metric.startsWith("kubelet_");

export const alertsHa: Case = {
  name: "alerts-ha",
  title: `In prod-ha, ${CLUSTER_FAULTS.length} faults of replicas and archive each raise their alert and no other, and it ends with them`,
  long: true,
  async run(e2e) {
    await requirePrometheus(e2e);
    await untilHealthy(e2e);
    const prometheus = new Prometheus(e2e);
    await prometheus.untilMeasured(isMeasured);
    const proof = new AlertProof(e2e, prometheus);
    // The cases before may have left an alert that is about to end.
    await proof.untilQuiet();
    assert.deepEqual(await proof.of(CLUSTER_FAULTS), []);
  },
};
