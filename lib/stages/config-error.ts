/** Values that cannot be synthesized: everything that is wrong with them, each with what to do. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";

  constructor(
    /** The stage, or whatever else holds the values. */
    readonly subject: string,
    readonly problems: readonly string[],
  ) {
    super(`${subject}: ${problems.length === 1 ? "1 problem" : `${problems.length} problems`}\n${list(problems)}`);
  }
}

const list = (problems: readonly string[]) => problems.map((problem) => `  - ${problem}`).join("\n");
