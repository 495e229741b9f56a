import { smallestMemory } from "../../lib/postgres/settings";
import { ALL_STAGES } from "../../lib/stages";
import { prod } from "../../lib/stages/prod";
import { canonicalQuantity, parseMebibytes } from "../../lib/stages/quantity";
import { all, containersOf, type Manifest, objectsOf, podsOf } from "../support/manifests";

const AMOUNT = /^(?:(?:requests\.|limits\.)?(?:cpu|memory|ephemeral-storage|storage)|sizeLimit)$/;

/** Every amount in some objects, as written. */
function amountsIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) =>
    AMOUNT.test(key) && typeof one !== "object" ? [String(one)] : amountsIn(one),
  );
}

test.each(ALL_STAGES)(
  "every amount of $name is written as the API server writes it, so that applying again shows no change",
  (stage) => {
    const amounts = amountsIn(objectsOf(stage));
    expect(amounts.length).toBeGreaterThan(30);
    expect(amounts).toEqual(amounts.map(canonicalQuantity));
  },
);

test("amounts that a stage writes in another form are, too", () => {
  const amounts = { cpu: "2000m", memory: "4096Mi", ephemeralStorage: "8192Mi" };
  const database = { ...prod.database, resources: { requests: amounts, limits: amounts } };
  expect(amountsIn(objectsOf({ ...prod, database }))).toEqual(amountsIn(objectsOf(prod)));
});

describe.each(ALL_STAGES)("every pod of $name", (stage) => {
  const objects = objectsOf(stage);
  const pods = podsOf(objects).map((pod) => [pod.metadata.labels.app as string, pod] as const);

  test("is one of these", () =>
    expect(pods.map(([app]) => app)).toEqual([
      // An operator makes the pods of its server itself.
      stage.engine === "statefulset" ? "postgres" : "postgres-reloader",
      ...["migrate", "data-svc", "postgres-backup"],
      ...(stage.engine === "statefulset" ? [] : ["postgres-archive-drill"]),
      ...["postgres-drill", "postgres-retention"],
      ...(stage.monitoring.kind === "none" ? [] : ["postgres-exporter"]),
    ]));

  test.each(pods)("%s runs as a user above 10000 without privileges on a read-only root", (_, pod) => {
    for (const context of [pod.spec.securityContext, ...containersOf(pod).map((each) => each.securityContext)]) {
      expect(context).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
      expect(Math.min(context.runAsUser, context.runAsGroup)).toBeGreaterThan(10_000);
    }
    for (const { securityContext } of containersOf(pod)) {
      expect(securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"] },
        privileged: false,
        readOnlyRootFilesystem: true,
      });
    }
  });

  test.each(pods)("%s has no token: neither its ServiceAccount nor the pod asks for one", (app, pod) => {
    expect(pod.spec.automountServiceAccountToken).toBe(false);
    const account = all(objects, "ServiceAccount").find((each) => each.metadata.name === pod.spec.serviceAccountName);
    expect(account).toMatchObject({ metadata: { name: app }, automountServiceAccountToken: false });
  });

  test.each(pods)("%s asks for cpu, memory and disk, and is given what it asks for", (_, pod) => {
    for (const { resources } of containersOf(pod)) {
      expect(Object.keys(resources.limits).sort()).toEqual(["cpu", "ephemeral-storage", "memory"]);
      expect(resources.requests).toEqual(resources.limits);
    }
  });

  test.each(pods)("%s has scratch folders that fill up, instead of getting it evicted", (_, pod) => {
    const folders = pod.spec.volumes.filter(({ emptyDir }: Manifest) => emptyDir);
    for (const { emptyDir } of folders)
      expect(emptyDir).toMatchObject({ medium: "Memory", sizeLimit: expect.stringMatching(/^\d+[MG]i$/) });
    const [container] = pod.spec.containers;
    const mounted = folders.filter(({ name }: Manifest) =>
      container.volumeMounts.some((mount: Manifest) => mount.name === name && mount.name !== "shared-memory"),
    );
    const held = mounted.reduce(
      (sum: number, { emptyDir }: Manifest) => sum + (parseMebibytes(emptyDir.sizeLimit) ?? Number.NaN),
      0,
    );
    expect(held).toBeLessThanOrEqual(0.1 * smallestMemory());
  });

  test.each(pods)("%s mounts only Secrets and ConfigMaps that the stage has", (_, pod) => {
    const present = new Set(objects.map((object) => object.metadata.name));
    const wanted = pod.spec.volumes.flatMap((volume: Manifest) => [
      volume.secret?.secretName,
      volume.configMap?.name,
      ...(volume.projected?.sources ?? []).map((source: Manifest) => (source.secret ?? source.configMap)?.name),
    ]);
    // Kubernetes makes it in every namespace.
    present.add("kube-root-ca.crt");
    for (const name of wanted.filter(Boolean)) expect(present).toContain(name);
  });

  test("is in the stage's namespace, like everything but the namespaces and the drill's own", () => {
    const places = new Set(
      objects.filter(({ kind }) => kind !== "Namespace").map(({ metadata }) => metadata.namespace),
    );
    expect([...places]).toEqual(
      stage.name === "dev" ? [stage.namespace] : [stage.namespace, `${stage.namespace}-drill`],
    );
    expect(objects.filter(({ kind }) => kind === "Namespace").map(({ metadata }) => metadata.namespace)).toEqual(
      [...places].map(() => undefined),
    );
  });
});

test.each(ALL_STAGES.filter((stage) => stage.name !== "dev"))("$name runs digests, pulled at every start", (stage) => {
  for (const { image, imagePullPolicy } of podsOf(objectsOf(stage)).flatMap(containersOf)) {
    expect(image).toMatch(/^[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/);
    expect(imagePullPolicy).toBe("Always");
  }
});
