import { imageProblems, sourceFile } from "../image/expected";
import { type Environment, migrationsDirectory, refusal } from "../migrator/cli";

/** Values of the flags that tell which image the manifests mean. */
export interface ExpectedFlags {
  readonly "expect-version"?: number | undefined;
  readonly "expect-digest"?: string | undefined;
  readonly "expect-source"?: string | undefined;
}

/** Refuses to work from the image of another release. @throws MigrateError `refused` */
export function requireExpectedImage(flags: ExpectedFlags, environment: Environment): void {
  const { "expect-version": version = 0, "expect-digest": digest, "expect-source": source } = flags;
  const expected = {
    ...(digest !== undefined && { migrations: { version, digest } }),
    ...(source !== undefined && { source }),
  };
  const places = { migrations: migrationsDirectory(undefined, environment), source: sourceFile(environment) };
  const problems = imageProblems(expected, places);
  if (problems.length > 0) throw refusal("This image is not the release's. Nothing was changed.", problems);
}
