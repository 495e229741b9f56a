import type { Case } from "./case";

/** A case of dev's under prod: of a group that deploys prod, and only with `--all`. */
export const inProd = (one: Case): Case => ({
  ...one,
  name: `prod-${one.name}`,
  title: `In prod, too: ${one.title}`,
  long: true,
});

/** A case of prod's under prod-ha, likewise. */
export const inProdHa = (one: Case): Case => ({
  ...one,
  name: one.name.replace(/^prod/, "prod-ha"),
  title: `In prod-ha, too: ${one.title}`,
  long: true,
});
