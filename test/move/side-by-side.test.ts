import { buildApp, manifests } from "../../lib/app";
import { type ManifestFile, parseManifest, reference } from "../../lib/deploy/manifests";
import { rolesJob, sideBySide } from "../../lib/move/side-by-side";
import { STAGES } from "../../lib/stages";
import type { Stage } from "../../lib/stages/stage";
import { releaseOf } from "../support/manifests";

const filesOf = (stage: Stage): readonly ManifestFile[] =>
  manifests(buildApp(releaseOf(stage))).map(({ path, text }) => ({ path, objects: parseManifest(text, path) }));

const [old, next] = [filesOf(STAGES.prod), filesOf(STAGES["prod-ha"])];
const objects = sideBySide(old, next);

test("both engines stand side by side, and nothing that clients use changes", () => {
  expect(objects.map(reference).sort()).toEqual([
    "certificate.cert-manager.io/postgres-tls",
    "cluster.postgresql.cnpg.io/postgres",
    expect.stringMatching(/^configmap\/postgres-metrics/),
    expect.stringMatching(/^configmap\/postgres-reloader-/),
    "deployment/postgres-reloader",
    "externalsecret.external-secrets.io/archive-store",
    "networkpolicy/postgres",
    "networkpolicy/postgres-reloader",
    "objectstore.barmancloud.cnpg.io/postgres-archive",
    "resourcequota/diabrisk",
    "serviceaccount/postgres-reloader",
  ]);
});

test("the certificate is for the names of both servers", () => {
  const { spec } = objects.find(({ kind }) => kind === "Certificate") ?? {};
  const names = spec?.dnsNames as readonly string[];
  expect(names).toEqual(
    expect.arrayContaining(["postgres", "postgres-0.postgres-headless.diabrisk.svc", "postgres-rw.diabrisk.svc"]),
  );
  expect(new Set(names).size).toBe(names.length);
});

test("the policy lets the two servers reach each other", () => {
  const policy = objects.find((object) => reference(object) === "networkpolicy/postgres");
  const { ingress, egress } = (policy?.spec ?? {}) as Readonly<Record<string, readonly object[]>>;
  const peer = { podSelector: { matchLabels: { app: "postgres" } } };
  const port = [{ port: 5432, protocol: "TCP" }];
  expect(ingress).toContainEqual({ from: expect.arrayContaining([peer]), ports: port });
  expect(egress).toContainEqual({ to: expect.arrayContaining([peer]), ports: port });
});

test("the roles come from the release's own bootstrap, for which the Service's name means the new server", () => {
  const job = rolesJob(next, "10.0.0.7");
  const pod = (job.spec as { template: { spec: Record<string, unknown> } }).template.spec;
  expect(pod.hostAliases).toEqual([{ ip: "10.0.0.7", hostnames: ["postgres"] }]);
  expect(pod.initContainers).toBeUndefined();
  expect(pod.containers).toEqual([expect.objectContaining({ name: "bootstrap" })]);
});
