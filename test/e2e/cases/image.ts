import { strict as assert } from "node:assert";
import type { Case } from "../case";
import { buildImage, imageSize, serviceImage } from "../images";

const LIMIT_MB = 200;

export const image: Case = {
  name: "image",
  title: `The image builds, and a node holds it in less than ${LIMIT_MB} MB`,
  setsUp: true,
  async run(e2e) {
    const tag = serviceImage(e2e);
    if (e2e.options.build) await buildImage(tag, e2e);
    let bytes: number | undefined;
    await e2e.wait({
      what: `a node to report image ${tag}`,
      seconds: 120,
      async poll() {
        bytes = await imageSize(tag, e2e);
        return { state: bytes === undefined ? "waiting" : "ready", detail: "not reported yet" };
      },
    });
    const megabytes = (bytes ?? 0) / 1e6;
    e2e.evidence(tag);
    e2e.figure("MB", Number(megabytes.toFixed(1)));
    assert.ok(
      megabytes > 0 && megabytes < LIMIT_MB,
      `${tag} takes ${megabytes.toFixed(1)} MB; it may take ${LIMIT_MB}`,
    );
  },
};
