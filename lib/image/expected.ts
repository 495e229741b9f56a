import * as fs from "node:fs";
import { type Migrations, migrationsIn } from "../common/contents";
import { DEV_IMAGE, PATHS } from "../contract";

/** Contents that the manifests expect of the image that they name. */
export interface Expected {
  readonly migrations?: Pick<Migrations, "version" | "digest">;
  /** Digest of the image's source. Only where the image's name does not say which image it is. */
  readonly source?: string;
}

/** Places of the contents in the image. */
export interface Places {
  readonly migrations?: string;
  /** The file in which the image's build left the digest of its source. */
  readonly source: string;
}

/** Reads a place from the environment, for a program outside of its image. */
export const sourceFile = (environment: Readonly<Record<string, string | undefined>>): string =>
  environment.SOURCE_DIGEST_FILE || PATHS.source;

/** Finds how this image differs from the expected one. The last sentence says what to do. */
export function imageProblems({ migrations, source }: Expected, places: Places): string[] {
  const problems = [
    migrations && differentMigrations(migrations, places.migrations ?? PATHS.migrations),
    source && differentSource(source, places.source),
  ].filter((problem) => problem !== undefined && problem !== "");
  return problems.length === 0 ? [] : [...(problems as string[]), source === undefined ? PIN : REBUILD];
}

const REBUILD =
  `Rebuild and load it, then deploy again: docker build -t ${DEV_IMAGE} . && k3d image import ${DEV_IMAGE} -c <cluster> ` +
  "&& npm run deploy -- dev";
const PIN =
  "Pin this release's image, then deploy again: npm run pin -- <repository:tag@sha256:…>. Or deploy from the commit that the image was built from.";

function differentMigrations(expected: NonNullable<Expected["migrations"]>, directory: string): string | undefined {
  const held = attempt(() => migrationsIn(directory));
  if (held?.digest === expected.digest) return undefined;
  const has =
    held === undefined ? "has no migrations" : `has migrations up to version ${held.version}, digest ${held.digest}`;
  const how = held?.version === expected.version ? " A file has another content or name." : "";
  return `The image ${has} in ${directory}, and the release up to version ${expected.version}, digest ${expected.digest}.${how}`;
}

function differentSource(expected: string, file: string): string | undefined {
  const held = attempt(() => fs.readFileSync(file, "utf8").trim());
  if (held === expected) return undefined;
  const has = held === undefined ? `does not say so (no ${file})` : `says ${held}`;
  return `The image should be built from the source with digest ${expected}, and ${has}: it is older or newer than the source.`;
}

/** Takes a missing file for a difference, too. */
function attempt<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return undefined;
  }
}
