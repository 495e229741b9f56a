import { ALL_STAGES } from "../../lib/stages";
import { STATEFUL_STAGES } from "../support/engines";
import { type Manifest, objectsOf } from "../support/manifests";

const RECOMMENDED = ["component", "instance", "managed-by", "name", "part-of", "version"];
const PREFIX = "app.kubernetes.io/";

/** What carries labels: the object, its pods, and the Secret that an operator makes of it. */
const labelled = ({ metadata, spec }: Manifest): Manifest[] =>
  [metadata, spec?.template?.metadata, spec?.target?.template.metadata, spec?.secretTemplate].filter(Boolean);

describe.each(ALL_STAGES)("every object of $name", (stage) => {
  const objects = objectsOf(stage).map((object) => [`${object.kind} ${object.metadata.name}`, object] as const);

  test.each(objects)("%s has Kubernetes' recommended labels, and so has what is made of it", (_, object) => {
    for (const { labels } of labelled(object)) {
      const names = Object.keys(labels).filter((name) => name.startsWith(PREFIX));
      expect(names.sort()).toEqual(RECOMMENDED.map((name) => PREFIX + name));
      expect(labels[`${PREFIX}part-of`]).toBe("diabrisk");
    }
  });

  test.each(objects)("%s names its stage and its installation, which a pruning apply selects", (_, { metadata }) => {
    expect(metadata.labels).toMatchObject({
      "diabrisk.io/stage": stage.name,
      "diabrisk.io/installation": stage.namespace,
    });
  });

  test("no selector, which nobody could change, has a label of the installation", () => {
    const selectors = objects.map(([, { spec }]) => [
      spec?.selector,
      spec?.podSelector,
      spec?.template?.metadata.labels,
    ]);
    expect(JSON.stringify(selectors)).not.toContain("diabrisk.io/");
  });

  test.each(objects)("%s is the part's whose app it names", (_, { metadata: { labels } }) => {
    expect([undefined, labels[`${PREFIX}name`]]).toContain(labels.app);
  });
});

test.each(STATEFUL_STAGES)(
  "a claim of $name keeps the one label that it was made with, since nobody can change it",
  (stage) => {
    const claims = objectsOf(stage).flatMap(({ spec }) => spec?.volumeClaimTemplates ?? []);
    expect(claims.map(({ metadata }) => metadata)).toEqual([{ name: "data", labels: { app: "postgres" } }]);
  },
);
