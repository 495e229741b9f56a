import type { Kubectl, KubeObject } from "../../lib/deploy/kubectl";
import { namespaceOf, requireNoOtherStage } from "../../lib/deploy/other-stage";

const namespace = (stage?: string): KubeObject => ({
  kind: "Namespace",
  apiVersion: "v1",
  metadata: { name: "diabrisk", ...(stage !== undefined && { labels: { "diabrisk.io/stage": stage } }) },
});

/** A cluster in which the namespace is as given. */
const cluster = (found: KubeObject | undefined) =>
  ({ get: async (what: string) => (what === "namespace/diabrisk" ? found : undefined) }) as unknown as Kubectl;

test.each([
  ["is not there yet", undefined],
  ["is the stage's own", namespace("qa")],
  ["belongs to no stage", namespace()],
])("a namespace that %s is deployed to", async (_, found) => {
  await expect(requireNoOtherStage(namespace("qa"), cluster(found))).resolves.toBeUndefined();
});

test("a namespace in which another stage lives is refused, with three ways on", async () => {
  await expect(requireNoOtherStage(namespace("qa"), cluster(namespace("staging")))).rejects.toThrow(
    /^Namespace diabrisk of this cluster is stage staging's, and qa would replace it\. Choose qa's cluster \(kubectl config use-context …\), or give it another namespace in lib\/stages\/qa\.ts and .*released\.ts\. .*kubectl label namespace diabrisk diabrisk\.io\/stage-$/,
  );
});

test("a rotation, which has no manifest yet, is refused there as well", async () => {
  const own = namespaceOf("dev", "diabrisk");
  await expect(requireNoOtherStage(own, cluster(namespace("dev")))).resolves.toBeUndefined();
  await expect(requireNoOtherStage(own, cluster(namespace("prod")))).rejects.toThrow(/is stage prod's, and dev/);
});
