import { readFileSync } from "node:fs";
import type { Migration } from "../files/folder";

/** Schemas and extensions that files create, by their names as the catalogue has them. */
export interface Created {
  readonly schemas: ReadonlySet<string>;
  /** Those of CREATE EXTENSION alone, which fails where the extension is there already. */
  readonly extensions: ReadonlySet<string>;
  /** Those of CREATE EXTENSION IF NOT EXISTS. */
  readonly unlessThere: ReadonlySet<string>;
}

/** Reads the up files, DO blocks included. */
export function createdBy(migrations: readonly Migration[]): Created {
  const text = migrations.map(({ files }) => readFileSync(files.up, "utf8").replace(COMMENTS, " ")).join("\n");
  const extensions = [...text.matchAll(CREATE_EXTENSION)];
  const named = (careful: boolean) =>
    new Set(extensions.filter(([, unless]) => (unless !== undefined) === careful).map(([, , ...name]) => nameOf(name)));
  return {
    schemas: new Set([...text.matchAll(CREATE_SCHEMA)].map(([, ...name]) => nameOf(name))),
    extensions: named(false),
    unlessThere: named(true),
  };
}

/** Whether a file creates a schema or an extension. */
export function createsPlace(migration: Migration): boolean {
  const { schemas, extensions, unlessThere } = createdBy([migration]);
  return schemas.size + extensions.size + unlessThere.size > 0;
}

const COMMENTS = /--[^\n]*|\/\*[\s\S]*?\*\//g;
const NAME = String.raw`(?:"((?:[^"]|"")+)"|([\w$]+))`;
const CREATE_SCHEMA = new RegExp(
  String.raw`\bcreate\s+schema\s+(?:if\s+not\s+exists\s+)?(?:authorization\s+)?${NAME}`,
  "gi",
);
const CREATE_EXTENSION = new RegExp(String.raw`\bcreate\s+extension\s+(if\s+not\s+exists\s+)?${NAME}`, "gi");

function nameOf([quoted, plain = ""]: readonly (string | undefined)[]): string {
  return quoted?.replaceAll('""', '"') ?? plain.toLowerCase();
}
