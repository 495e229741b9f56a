import { KubectlError } from "../kubectl";

/** Outcome of one check of the cluster. */
export interface Finding {
  /** Reasons not to deploy, each with what to do. */
  readonly problems: readonly string[];
  /** Checks that could not be made, each with the reason. */
  readonly unchecked: readonly string[];
  /** Facts that do not stand against deploying, and that a person should know. */
  readonly remarks: readonly string[];
}

export const NOTHING: Finding = { problems: [], unchecked: [], remarks: [] };

export const problemsOf = (problems: readonly string[]): Finding => ({ ...NOTHING, problems });

/** Joins the findings of several checks. */
export const together = (findings: readonly Finding[]): Finding => ({
  problems: findings.flatMap(({ problems }) => problems),
  unchecked: findings.flatMap(({ unchecked }) => unchecked),
  remarks: findings.flatMap(({ remarks }) => remarks),
});

/** Makes a check that this person may not make a remark: deploying may need less than checking. @throws KubectlError otherwise */
export async function ifAllowed(what: string, check: () => Promise<Finding>): Promise<Finding> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof KubectlError) || !/\(Forbidden\)| is forbidden: /.test(error.message)) throw error;
    return {
      ...NOTHING,
      unchecked: [`${what} could not be checked: ${error.outcome?.stderr.trim() ?? error.message}`],
    };
  }
}
