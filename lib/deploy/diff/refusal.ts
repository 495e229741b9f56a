/** A section of docs/operations.md. */
export interface Runbook {
  /** Its heading. */
  readonly section: string;
  /** The first thing that it says to do, in a sentence. */
  readonly advice: string;
}

const IN_PLACE = "Changing what cannot be changed in place";

/** The server's words about what it never changes, and the runbook of each. The first that fits counts. */
const RUNBOOKS: readonly (readonly [RegExp, Runbook])[] = [
  [
    /updates to statefulset spec for fields other than/i,
    {
      section: IN_PLACE,
      advice: "Set the claim template, the selector and the Service's name back, or move the data.",
    },
  ],
  [
    /PersistentVolumeClaim.*(?:can not be less than|only dynamically provisioned)/is,
    { section: IN_PLACE, advice: "Kubernetes never shrinks a volume: set the size back, or move the data." },
  ],
  [
    /\bJob(?:\.batch)? "[^"]*" is invalid: [\s\S]*field is immutable/,
    {
      section: "Running the migration Job again",
      advice: "A Job's template never changes: delete the Job and deploy again.",
    },
  ],
  [
    /ConfigMap "[^"]*" is invalid: [\s\S]*field is immutable|Secret "[^"]*" is invalid: [\s\S]*field is immutable/,
    { section: "Bad configuration", advice: "Somebody replaced it under the same name: delete it and deploy again." },
  ],
  [
    /(?:spec\.)?selector: Invalid value[\s\S]*field is immutable/,
    {
      section: IN_PLACE,
      advice: "A selector never changes: set the label back, or delete the Deployment and deploy again.",
    },
  ],
  [
    /spec\.(?:clusterIPs?|ipFamilies|ipFamilyPolicy|storageClassName|claimRef)\S*: Invalid value/,
    { section: IN_PLACE, advice: "Delete the object and deploy again: it holds nothing but its address." },
  ],
  [
    /exceeded quota|forbidden: (?:maximum|minimum) \w+ usage per/i,
    { section: "Pod pending", advice: "Lower what the pods ask for, or raise the namespace's limits." },
  ],
  [
    /no matches for kind|the server could not find the requested resource/,
    { section: "What deploy checks first", advice: "Install the operator that brings this kind." },
  ],
];

/** Finds the runbook that applies to a refusal; undefined if none does. */
export function runbookOf(message: string): Runbook | undefined {
  return RUNBOOKS.find(([words]) => words.test(message))?.[1];
}

/** Every section that a refusal may name. */
export const SECTIONS: readonly string[] = [...new Set(RUNBOOKS.map(([, { section }]) => section))];
