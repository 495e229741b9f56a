import { commandLine, parseCommandLine } from "../../lib/common/command-line";

export interface E2eArguments {
  /** Where dev is deployed. @default dev's own */
  readonly namespace?: string;
  /** Leave everything that was made in the cluster. */
  readonly keep: boolean;
  /** Names of the cases to run, besides those that set up; empty runs all. */
  readonly cases: readonly string[];
  /** Also run the cases that take minutes, and record what was proven. */
  readonly all: boolean;
  /** Whether the outcomes go into docs/proofs.md. */
  readonly record: boolean;
  /** Whether to build the image, or to take the one that the cluster has. */
  readonly build: boolean;
}

export const e2eCommandLine = (cases: readonly string[], notes = "") =>
  commandLine({
    name: "e2e",
    start: "npm run e2e --",
    description:
      "Builds the image, deploys dev to the current context of kubectl (KUBECONFIG), proves it, and removes what it made.",
    options: {
      namespace: { type: "string", placeholder: "NAME", help: "Deploy to this namespace instead of dev's own." },
      case: {
        type: "string",
        placeholder: "NAME",
        help: "Run this case alone, after those that set up; may be repeated.",
        choices: cases,
        multiple: true,
      },
      all: {
        type: "boolean",
        help: "Run the cases that take minutes, too, and write the outcome into docs/proofs.md.",
      },
      record: { type: "boolean", help: "Write the outcome of the cases that run into docs/proofs.md." },
      build: { type: "boolean", help: "Build the image, which is the default." },
      "no-build": { type: "boolean", help: "Do not build it: take the image that the cluster has." },
      keep: { type: "boolean", help: "Leave everything in the cluster." },
    },
    operands: [],
    notes,
  });

/** Leaves room for what the cases put behind it. */
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?$/;

/** Reads the command line of `npm run e2e`; undefined asks for help. @throws UsageError with all problems at once */
export function parseE2eArguments(args: readonly string[], cases: readonly string[]): E2eArguments | undefined {
  const given = parseCommandLine(
    e2eCommandLine(cases),
    args,
    ({ namespace, all, build, "no-build": noBuild, case: wanted }) => [
      ...(namespace === undefined || NAMESPACE.test(namespace)
        ? []
        : [`--namespace is "${namespace}". Use at most 42 lower-case letters, digits and hyphens.`]),
      ...(build && noBuild ? ["--build and --no-build are both given. Choose one."] : []),
      ...(all && wanted?.length
        ? ["--all and --case are both given. --case runs a case that takes minutes, too; leave --all out."]
        : []),
    ],
  );
  if (!given) return undefined;
  const { namespace, keep, all, record, case: wanted } = given;
  return {
    cases: wanted,
    all,
    record: all || record,
    build: !given["no-build"],
    keep,
    ...(namespace !== undefined && { namespace }),
  };
}
