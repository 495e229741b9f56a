import { readFileSync } from "node:fs";

/** The environment that a program was started with. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads settings by name, each from `NAME` or the file that `NAME_FILE` names. Collects problems. */
export class Sources {
  readonly problems: string[] = [];

  constructor(readonly environment: Environment) {}

  /** Returns a value, without the last line break of a file. Undefined if unset or empty. */
  read(name: string): string | undefined {
    const value = this.environment[name] || undefined;
    const file = this.environment[`${name}_FILE`] || undefined;
    if (value !== undefined && file !== undefined) {
      this.problems.push(`${name} and ${name}_FILE are both set, and only one can be meant. Unset one of them.`);
      return undefined;
    }
    return file === undefined ? value : this.readFile(file, `${name}_FILE`);
  }

  /** The content of a secret's file; `setting` is what named it. */
  readFile(file: string, setting: string): string | undefined {
    const content = this.tryFile(file, setting);
    if (content === "") this.problems.push(`${setting} names ${file}, which is empty. Write the value into it.`);
    return content || undefined;
  }

  /** As `readFile`, but a file that does not exist is no problem. */
  readOptionalFile(file: string, setting: string): string | undefined {
    return this.tryFile(file, setting, true);
  }

  private tryFile(file: string, setting: string, optional = false): string | undefined {
    try {
      return readFileSync(file, "utf8").replace(/\r?\n$/, "");
    } catch (error) {
      const { code = "", message } = error as NodeJS.ErrnoException;
      if (optional && (code === "ENOENT" || code === "ENOTDIR")) return undefined;
      const reason = REASONS[code] ?? message;
      this.problems.push(`${setting} names ${file}, but ${reason}. Check the path, or how the Secret is mounted.`);
      return undefined;
    }
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "part of that path is not a folder",
  EISDIR: "that is a folder",
  EACCES: "this user may not read it",
};
