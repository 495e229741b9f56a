import { ARCHIVE_DRILL, DATABASE } from "../../lib/contract";
import { ALL_STAGES } from "../../lib/stages";
import { operatorNames } from "../../lib/stages/operator-names";
import { type Manifest, objectsOf } from "../support/manifests";

/** Kinds by which the StatefulSet's stage and the cluster's may meet: `npm run move` hands over what is the server's own. */
const HANDED_OVER = ["ServiceAccount", "PodDisruptionBudget"];

test.each(ALL_STAGES.map((stage) => [stage.name, stage] as const))(
  "no object of %s has a name that CloudNativePG gives to its own",
  (_, stage) => {
    const objects = objectsOf(stage).filter(({ metadata }) => metadata.namespace === stage.namespace);
    const ours = objects.flatMap(namesOf);
    expect(ours.length).toBeGreaterThan(20);
    const taken = [DATABASE.host, ARCHIVE_DRILL.cluster].flatMap((cluster) => Object.entries(operatorNames(cluster)));
    const kinds = taken.filter(([kind]) => stage.engine === "cloudnative-pg" || !HANDED_OVER.includes(kind));
    const names = kinds.flatMap(([kind, those]) => those.map((name) => `${kind}/${name}`));
    expect(ours.filter((name) => names.includes(name))).toEqual([]);
  },
);

/** The object's own name, and that of the Secret that an ExternalSecret or a Certificate makes. */
const namesOf = ({ kind, metadata, spec }: Manifest): string[] => [
  `${kind}/${metadata.name}`,
  ...[spec?.target?.name, spec?.secretName].filter(Boolean).map((name) => `Secret/${name}`),
];
