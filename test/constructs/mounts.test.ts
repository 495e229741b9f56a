import { App, Chart } from "cdk8s";
import { manifests } from "../../lib/app";
import { checkMounts } from "../../lib/constructs/mounts";

const pod = (volumes: string[], mounts: string[]) => ({
  volumes: volumes.map((name) => ({ name, emptyDir: {} })),
  containers: [{ name: "main", volumeMounts: mounts.map((name) => ({ name, mountPath: `/${name}` })) }],
});

test("every mount has its volume and every volume its mount", () => {
  expect(checkMounts(pod(["a", "b"], ["b", "a"]))).toEqual([]);
  expect(checkMounts(pod([], ["data"]), ["data"])).toEqual([]);
});

test("what is missing on either side is named", () => {
  expect(checkMounts(pod(["a"], ["b"]))).toEqual([
    'container main mounts "b", which is no volume of the pod. Add it.',
    'volume "a" is mounted by no container. Mount it, or leave it out.',
  ]);
});

test("a validation that fails stops synth and says where", () => {
  const app = new App({ outdir: "dev" });
  const chart = new Chart(app, "database");
  chart.node.addValidation({ validate: () => checkMounts(pod([], ["b"])) });
  expect(() => manifests(app)).toThrow(/\[database\] container main mounts "b"/);
});
