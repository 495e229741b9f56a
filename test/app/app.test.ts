import * as path from "node:path";
import { assemble, buildApp, manifests, synthesize } from "../../lib/app";
import { ALL_STAGES } from "../../lib/stages";
import { dev } from "../../lib/stages/dev";
import { prod } from "../../lib/stages/prod";
import { prodHa } from "../../lib/stages/prod-ha";
import { STAGE_LABEL, type Stage } from "../../lib/stages/stage";
import { FAKE_CREDENTIALS, releaseOf } from "../support/manifests";

const SNAPSHOTS = path.join(__dirname, "..", "__snapshots__");

describe.each(ALL_STAGES.map((stage) => [stage.name, stage] as const))("the files of %s", (name, stage) => {
  const files = manifests(buildApp(releaseOf(stage)));

  test.each(files.map((file) => [path.basename(file.path), file] as const))("%s is as reviewed", (_, file) => {
    const chart = file.path.replace(/^[\w-]+\/\d+-/, "").replace(".k8s.yaml", ".yaml");
    expect(file.text).toMatchFile(path.join(SNAPSHOTS, name, chart));
  });

  test("sort into the order in which they have to be applied", () => {
    const charts = files.map((file) => path.basename(file.path));
    expect(charts).toEqual([
      "0000-namespace.k8s.yaml",
      "0001-configuration.k8s.yaml",
      "0002-network.k8s.yaml",
      "0003-database.k8s.yaml",
      "0004-migration.k8s.yaml",
      "0005-service.k8s.yaml",
      "0006-backup.k8s.yaml",
      "0007-drill.k8s.yaml",
      "0008-retention.k8s.yaml",
      ...(stage.monitoring.kind === "none" ? [] : ["0009-monitoring.k8s.yaml"]),
    ]);
    expect(charts).toEqual([...charts].sort());
  });

  test("are the same bytes when made twice", () => {
    expect(manifests(buildApp(releaseOf(stage)))).toEqual(files);
  });
});

describe("the engine of the database", () => {
  const CLIENTS = /\d-(?:migration|service)\.k8s\.yaml$/;
  const clientsOf = (stage: Stage) =>
    manifests(buildApp(releaseOf(stage))).filter(({ path: file }) => CLIENTS.test(file));
  const ofProd = clientsOf(prod).map(({ text }) => text);

  test("is one field: with the other, data-svc's and the Job's manifests are the same bytes", () => {
    const { limits, engine, cluster } = prodHa;
    const other = { ...prod, limits, engine, cluster };
    const app = assemble(releaseOf(other));
    const files = manifests(app).filter(({ path: file }) => CLIENTS.test(file));
    expect(files.map(({ text }) => text)).toEqual(ofProd);
    expect(files).toHaveLength(2);
  });

  test("is all that tells prod-ha's from prod's, but for the stage's name", () => {
    const renamed = clientsOf(prodHa).map(({ text }) =>
      text.replaceAll(`${STAGE_LABEL}: prod-ha`, `${STAGE_LABEL}: prod`),
    );
    expect(renamed).toEqual(ofProd);
  });
});

describe("what must never be in a file", () => {
  const secrets = [...Object.values(FAKE_CREDENTIALS.passwords), ...Object.values(FAKE_CREDENTIALS.oauth)];

  test("a credential, outside dev, even if one was given", () => {
    const releases = ALL_STAGES.filter((stage) => stage !== dev);
    const text = synthesize(releases.map((stage) => releaseOf(stage, { credentials: FAKE_CREDENTIALS })))
      .map((file) => file.text)
      .join();
    for (const secret of secrets) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(Buffer.from(secret).toString("base64"));
    }
    expect(text).not.toContain("kind: Secret\n");
  });

  test("a credential of dev in clear, or outside its Secrets", () => {
    const files = synthesize([releaseOf(dev)]);
    for (const secret of secrets) {
      expect(files.map((file) => file.text).join()).not.toContain(secret);
      const encoded = Buffer.from(secret).toString("base64");
      expect(files.filter((file) => file.text.includes(encoded)).map((file) => file.path)).toEqual([
        "dev/0001-configuration.k8s.yaml",
      ]);
    }
  });
});

describe("a release", () => {
  test("of a stage that makes no sense is refused before anything is built", () => {
    const broken = { ...prod, service: { ...prod.service, replicas: 0 } };
    expect(() => synthesize([releaseOf(dev), releaseOf(broken)])).toThrow(/Stage prod: .*service\.replicas is 0/s);
    const worse = { ...prod, name: "staging" as const, config: { ...prod.config, logLevel: "loud" as "info" } };
    expect(() => synthesize([releaseOf(broken), releaseOf(worse)])).toThrow(
      /Stages prod, staging: .*prod: service\.replicas is 0.*staging: config\.logLevel is "loud"/s,
    );
  });

  test("goes into another namespace when asked to, all of it", () => {
    const text = synthesize([releaseOf(dev, { namespace: "elsewhere" })])
      .map((file) => file.text)
      .join();
    expect(text).toContain("kind: Namespace\n");
    expect(text).toMatch(/namespace: elsewhere\n/);
    expect(text).not.toContain("namespace: diabrisk\n");
  });

  test("is refused in a namespace that Kubernetes would refuse", () => {
    expect(() => buildApp(releaseOf(dev, { namespace: "Else_where" }))).toThrow(
      /NAMESPACE is "Else_where".*lower-case/s,
    );
  });

  test("that makes its credentials up needs them", () => {
    const { credentials: _, ...release } = releaseOf(dev);
    expect(() => buildApp(release)).toThrow("makes its credentials up");
  });
});
