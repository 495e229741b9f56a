import { parseArgs } from "node:util";
import { UsageError } from "../../lib/deploy/arguments";

export interface E2eArguments {
  /** Where dev is deployed. @default dev's own */
  readonly namespace?: string;
  /** Leave everything that was made in the cluster. */
  readonly keep: boolean;
  /** Names of the cases to run, besides those that set up; empty runs all. */
  readonly cases: readonly string[];
  /** Whether to build the image, or to take the one that the cluster has. */
  readonly build: boolean;
}

export const USAGE = `npm run e2e -- [options]

  Builds the image, deploys dev to the current context of kubectl (KUBECONFIG), proves it, and removes what it made.

  --namespace NAME    deploy to this namespace instead of dev's own
  --case NAME         run this case alone, after those that set up; may be repeated
  --no-build          do not build it (--build, the default, does): take the image that the cluster has
  --keep              leave everything in the cluster
  --help              this text
`;

/** Reads the command line of `npm run e2e`; undefined asks for help. @throws UsageError with all problems at once */
export function parseE2eArguments(args: readonly string[], cases: readonly string[]): E2eArguments | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    options: {
      namespace: { type: "string" },
      case: { type: "string", multiple: true },
      build: { type: "boolean" },
      "no-build": { type: "boolean" },
      keep: { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  if (values.help) return undefined;
  const { namespace, case: wanted = [], build, "no-build": noBuild, keep, ...others } = values;
  const problems = [...Object.keys(others).map((name) => `--${name}`), ...positionals].map(
    (text) => `${text} is not an option.`,
  );
  for (const name of wanted.filter((name) => !cases.includes(String(name)))) {
    problems.push(`There is no case "${name}". The cases are ${cases.join(", ")}.`);
  }
  if (
    namespace !== undefined &&
    !(typeof namespace === "string" && /^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?$/.test(namespace))
  ) {
    problems.push(`--namespace is "${namespace}". Use at most 42 lower-case letters, digits and hyphens.`);
  }
  if (build && noBuild) problems.push("--build and --no-build are both given. Choose one.");
  if (problems.length > 0) throw new UsageError(problems.join("\n"));
  return {
    cases: wanted.map(String),
    build: noBuild !== true,
    keep: keep === true,
    ...(typeof namespace === "string" && { namespace }),
  };
}
