import { readFileSync } from "node:fs";
import * as path from "node:path";
import { JsonError, readJson } from "./json-text";

/** A rule of `lint` and `plan` that a project sets aside for its older files. */
export interface ProjectRule {
  readonly rule: string;
  /** The newest version whose files it is set aside for. */
  readonly upTo: number;
  readonly reason: string;
}

/** Objects that `verify` does not compare. */
export interface IgnoredObjects {
  readonly pattern: string;
  readonly reason: string;
}

/** Settings of one folder of migrations that hold for everybody who works on it. */
export interface Project {
  /** The file that they are from; absent if there is none. */
  readonly file?: string;
  readonly lint: readonly ProjectRule[];
  readonly verify: { readonly ignore: readonly IgnoredObjects[] };
}

export interface ProjectOptions {
  /** Every rule that can be set aside. */
  readonly rules: ReadonlySet<string>;
  /** Finds the newest version of the folder. Asked only if there is a rule. */
  readonly newest: () => Promise<number>;
}

const NONE: Project = { lint: [], verify: { ignore: [] } };
const OWN_FILE = "migrate.json";
const KEY = "migrate";

/**
 * Reads `migrate.json`, or the key "migrate" of a package.json, from the folder of migrations or the nearest folder above it
 * that has one. Adds every mistake to `problems`.
 */
export async function readProject(
  directory: string,
  { rules, newest }: ProjectOptions,
  problems: string[],
): Promise<Project> {
  const found = find(path.resolve(directory), problems);
  if (!found) return NONE;
  const own: string[] = [];
  const project = new Shape(found.name, own).project(found.value);
  const limit = project.lint.length > 0 ? await newest() : 0;
  own.push(...project.lint.flatMap((entry, index) => ruleProblems(found.name, entry, index, project, rules, limit)));
  problems.push(...own);
  return { file: found.file, ...project };
}

interface Found {
  readonly file: string;
  /** Names the place in problems. */
  readonly name: string;
  readonly value: unknown;
}

/** The nearest folder decides; two places in one folder contradict each other. */
function find(directory: string, problems: string[]): Found | undefined {
  const before = problems.length;
  for (let folder = directory; ; folder = path.dirname(folder)) {
    const found = [...readFile(path.join(folder, OWN_FILE), problems), ...ofPackage(folder, problems)];
    if (found.length > 1)
      problems.push(
        `${found.map(({ name }) => name).join(" and ")} are both there, and only one can be meant. Move everything into one of them.`,
      );
    if (problems.length > before) return undefined;
    if (found[0] || folder === path.dirname(folder)) return found[0];
  }
}

function ofPackage(folder: string, problems: string[]): Found[] {
  return readFile(path.join(folder, "package.json"), problems).flatMap(({ file, value }) => {
    const content = isObject(value) ? value : {};
    return Object.hasOwn(content, KEY) ? [{ file, name: `${file} (key "${KEY}")`, value: content[KEY] }] : [];
  });
}

function readFile(file: string, problems: string[]): Found[] {
  try {
    const text = readFileSync(file, "utf8").replace(/^\ufeff/, "");
    return [{ file, name: file, value: readJson(text) }];
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    const place = error instanceof JsonError ? `${file}:${error.line}:${error.column}` : file;
    const what = error instanceof JsonError ? "is no JSON" : "cannot be read";
    problems.push(`${place} ${what}: ${message}.`);
    return [];
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Takes a value apart and says where it has another shape than it should have. */
class Shape {
  constructor(
    private readonly name: string,
    private readonly problems: string[],
  ) {}

  project(value: unknown): Omit<Project, "file"> {
    const { lint, verify } = this.#object(value, "", ["lint", "verify"]);
    const { ignore } = this.#object(verify ?? {}, "verify", ["ignore"]);
    return {
      lint: this.#list(lint, "lint", ["rule", "upTo", "reason"], (entry, place) => ({
        rule: this.#text(entry.rule, `${place}.rule`, "the name of a rule"),
        upTo: this.#version(entry.upTo, `${place}.upTo`),
        reason: this.#text(entry.reason, `${place}.reason`, "why it does no harm"),
      })),
      verify: {
        ignore: this.#list(ignore, "verify.ignore", ["pattern", "reason"], (entry, place) => ({
          pattern: this.#text(entry.pattern, `${place}.pattern`, "the objects' names"),
          reason: this.#text(entry.reason, `${place}.reason`, "why they may differ"),
        })),
      },
    };
  }

  #list<Entry>(
    value: unknown,
    place: string,
    keys: readonly string[],
    read: (entry: Readonly<Record<string, unknown>>, place: string) => Entry,
  ): Entry[] {
    if (value === undefined) return [];
    if (!Array.isArray(value)) {
      this.#wrong(place, value, `a list of objects with ${keys.join(", ")}`);
      return [];
    }
    return value.map((entry, index) => read(this.#object(entry, `${place}[${index}]`, keys), `${place}[${index}]`));
  }

  #object(value: unknown, place: string, keys: readonly string[]): Readonly<Record<string, unknown>> {
    if (!isObject(value)) {
      this.#wrong(place, value, `an object with ${keys.join(", ")}`);
      return {};
    }
    for (const key of Object.keys(value))
      if (!keys.includes(key))
        this.problems.push(
          `${this.#at(place)} has the key ${JSON.stringify(key)}, which means nothing there. Keys: ${keys.join(", ")}.`,
        );
    return value;
  }

  #text(value: unknown, place: string, wanted: string): string {
    if (typeof value === "string" && value.trim() !== "") return value.trim();
    this.#wrong(place, value, `a text: ${wanted}`);
    return "";
  }

  #version(value: unknown, place: string): number {
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
    this.#wrong(place, value, "the number of a version, 0 or above");
    return 0;
  }

  #wrong(place: string, value: unknown, wanted: string): void {
    const is = value === undefined ? "is missing" : `is ${JSON.stringify(value)}`;
    this.problems.push(`${this.#at(place)} ${is}, and has to be ${wanted}.`);
  }

  #at(place: string): string {
    return place === "" ? this.name : `${this.name}: ${place}`;
  }
}

function ruleProblems(
  name: string,
  { rule, upTo }: ProjectRule,
  index: number,
  { lint }: Pick<Project, "lint">,
  rules: ReadonlySet<string>,
  newest: number,
): string[] {
  const place = `${name}: lint[${index}]`;
  const first = lint.findIndex((entry) => entry.rule === rule);
  return [
    ...(rule !== "" && !rules.has(rule)
      ? [`${place}.rule is ${JSON.stringify(rule)}, and no rule is called so. Rules: ${[...rules].join(", ")}.`]
      : []),
    ...(rule !== "" && first < index ? [`${place} is about ${rule}, as lint[${first}] is. Join them.`] : []),
    ...(upTo > newest
      ? [
          `${place}.upTo is ${upTo}, but the newest file has version ${newest}: a rule is set aside for files that are there. Set it to at most ${newest}.`,
        ]
      : []),
  ];
}
