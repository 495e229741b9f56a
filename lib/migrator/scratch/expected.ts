import { type CatalogueEntry, titleOf, unquoted } from "../catalogue";
import type { Foreign } from "./alike";

/** Catalogues of the scratch database before the first file and after the last. */
export interface Fresh {
  readonly beginning: readonly CatalogueEntry[];
  readonly made: readonly CatalogueEntry[];
}

/**
 * The catalogue that the files make, with an administrator's extensions as `actual` has them. An extension that the
 * migrations' own role made without a file stays a difference.
 */
export function asHere(
  { beginning, made }: Fresh,
  actual: readonly CatalogueEntry[],
  { extensions }: Foreign,
): CatalogueEntry[] {
  const here = new Set(actual.map(titleOf));
  const prepared = new Set(
    beginning
      .filter(isPrepared)
      .map(titleOf)
      .filter((title) => !here.has(title)),
  );
  const foreign = new Map(extensions.map(({ name, own }) => [name, own]));
  const ownerOf = ({ kind, name }: CatalogueEntry) => (kind === "extension" ? foreign.get(unquoted(name)) : undefined);
  return [
    ...made.filter((entry) => ownerOf(entry) === undefined && !prepared.has(titleOf(entry))),
    ...actual.filter((entry) => ownerOf(entry) === false),
  ];
}

/** Extensions of a prepared scratch database, and the schemas that hold them. */
function isPrepared({ kind, name }: CatalogueEntry): boolean {
  return kind === "extension" || (kind === "schema" && name !== "public");
}
