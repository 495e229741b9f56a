import { imageProblems, sourceFile } from "../image/expected";
import { type Environment, migrationsDirectory, refusal, usageProblems } from "../migrator/cli";

/** Flags that tell which image the manifests mean. */
export const EXPECT_FLAGS = {
  "expect-version": {
    least: 0,
    type: "number",
    placeholder: "N",
    help: "Newest version that this image should hold; with --expect-digest.",
  },
  "expect-digest": {
    type: "string",
    placeholder: "DIGEST",
    help: "Refuse unless the image's migrations have this digest.",
  },
  "expect-source": {
    type: "string",
    placeholder: "DIGEST",
    help: "Refuse unless the image was built from the source with this digest.",
  },
} as const;

/** Values of the flags that tell which image the manifests mean. */
export interface ExpectedFlags {
  readonly "expect-version"?: number | undefined;
  readonly "expect-digest"?: string | undefined;
  readonly "expect-source"?: string | undefined;
}

/** Refuses to work from the image of another release. @throws MigrateError `refused`, `usage` */
export function requireExpectedImage(flags: ExpectedFlags, environment: Environment): void {
  const { "expect-version": version, "expect-digest": digest, "expect-source": source } = flags;
  if ((version === undefined) !== (digest === undefined))
    usageProblems(["Of --expect-version and --expect-digest only one is given. Give both, or neither."]);
  const expected = {
    ...(version !== undefined && digest !== undefined && { migrations: { version, digest } }),
    ...(source !== undefined && { source }),
  };
  const places = { migrations: migrationsDirectory(undefined, environment), source: sourceFile(environment) };
  const problems = imageProblems(expected, places);
  if (problems.length > 0) throw refusal("This image is not the release's. Nothing was changed.", problems);
}
