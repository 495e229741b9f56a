import { strict as assert } from "node:assert";
import type { Case } from "../case";
import { serviceImage } from "../images";
import { startPod } from "../pods";

export const imageRuns: Case = {
  name: "image-runs",
  title: "The image runs its programs as a numbered user that is not root, on a read-only root, without node_modules",
  async run(e2e) {
    const pod = await startPod(e2e, { name: "e2e-image", image: serviceImage(e2e), user: undefined });
    const show = async (command: string) => {
      const { code, stdout, stderr } = await pod.sh(command);
      e2e.evidence(`$ ${command}\n${stdout}${stderr}`);
      return { code, stdout, stderr };
    };
    const { stdout: uid } = await show("id -u");
    assert.ok(Number(uid) >= 10_000, `the image runs as ${uid.trim()}; it should as 10000 or above`);
    const { stdout: files } = await show("ls /app /app/migrations");
    assert.match(files, /000007_seed_data\.up\.sql/);
    assert.doesNotMatch(files, /node_modules|package\.json/);
    assert.match((await show("touch /app/x")).stderr, /Read-only file system/);
    for (const program of ["migrate", "backup", "retention"])
      assert.equal((await show(`${program} --help`)).code, 0, `${program} does not run`);
    const { code, stdout } = await show("data-svc");
    assert.ok(code !== 0 && /^\{.*\}$/m.test(stdout), "data-svc does not say in its log which settings are missing");
    await pod.remove();
  },
};
