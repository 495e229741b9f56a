import type { Case } from "./case";

/** A case of dev's under prod: of a group that deploys prod, and only with `--all`. */
export const inProd = (one: Case): Case => ({
  ...one,
  name: `prod-${one.name}`,
  title: `In prod, too: ${one.title}`,
  long: true,
});
