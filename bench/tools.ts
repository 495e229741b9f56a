import { constants, existsSync } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { CannotRun } from "./cannot-run";
import { findProgram, run } from "./process";

/** A Go program to compare this project with, built here from its published module. */
export interface GoTool {
  /** Name of the binary that `go install` makes. */
  readonly name: string;
  /** Import path of its main package. */
  readonly package: string;
  /** Exact version. Each version has its own binary in the cache. */
  readonly version: string;
  /** Build tags, e.g. the database drivers to compile in. */
  readonly tags?: string;
}

export const HELM = { name: "helm", package: "helm.sh/helm/v3/cmd/helm", version: "v3.22.0" } satisfies GoTool;

export const KUSTOMIZE = {
  name: "kustomize",
  package: "sigs.k8s.io/kustomize/kustomize/v5",
  version: "v5.8.2",
} satisfies GoTool;

export const GOLANG_MIGRATE = {
  name: "migrate",
  package: "github.com/golang-migrate/migrate/v4/cmd/migrate",
  version: "v4.20.1",
  tags: "pgx5",
} satisfies GoTool;

export const GOOSE = {
  name: "goose",
  package: "github.com/pressly/goose/v3/cmd/goose",
  version: "v3.29.0",
  tags: "no_clickhouse no_libsql no_mssql no_mysql no_sqlite3 no_vertica no_ydb",
} satisfies GoTool;

export const TERN = { name: "tern", package: "github.com/jackc/tern/v2", version: "v2.3.4" } satisfies GoTool;

/** Compares two OpenAPI documents, and names what breaks clients. */
export const OASDIFF = {
  name: "oasdiff",
  package: "github.com/oasdiff/oasdiff",
  version: "v1.38.0",
} satisfies GoTool;

/** An S3 server that tests of backups run against. */
export const VERSITYGW = {
  name: "versitygw",
  package: "github.com/versity/versitygw/cmd/versitygw",
  version: "v1.8.0",
} satisfies GoTool;

const CACHE = path.join(__dirname, ".cache");

/**
 * Path of the tool's binary. The first call builds it into `bench/.cache`, which takes minutes and a few hundred MB in
 * Go's own caches.
 * @throws CannotRun without Go, or if the build fails
 */
export function goTool(tool: GoTool): Promise<string> {
  const binary = binaryOf(tool);
  const found = asked.get(binary) ?? findOrBuild(tool, binary);
  asked.set(binary, found);
  return found;
}

/** Builds under way or done, by binary, so that concurrent callers wait for one build. */
const asked = new Map<string, Promise<string>>();

async function findOrBuild(tool: GoTool, binary: string): Promise<string> {
  if (await isExecutable(binary)) return binary;
  const folder = path.dirname(binary);
  const go = await findProgram("go");
  if (!go) {
    throw new CannotRun(
      `${tool.name} ${tool.version} is not built yet, and there is no \`go\` on PATH to build it with. ` +
        "Install Go (https://go.dev/dl), or leave this comparison out with --only.",
    );
  }
  await fs.mkdir(CACHE, { recursive: true });
  const fresh = await fs.mkdtemp(path.join(CACHE, "building-"));
  try {
    await build(go, tool, fresh);
    await fs.mkdir(folder, { recursive: true });
    await fs.rename(path.join(fresh, tool.name), binary);
  } finally {
    await fs.rm(fresh, { recursive: true, force: true });
  }
  return binary;
}

/** Whether `goTool` has the binary already, or Go to build it with. Answers at once, as a test file needs it. */
export function canHave(tool: GoTool): boolean {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  return existsSync(binaryOf(tool)) || folders.some((folder) => existsSync(path.join(folder, "go")));
}

function binaryOf({ name, version }: GoTool): string {
  return path.join(CACHE, `${name}-${version}`, name);
}

/** Builds stripped and without cgo, as these projects' releases are. */
async function build(go: string, tool: GoTool, folder: string): Promise<void> {
  console.error(`building ${tool.package}@${tool.version} (once)`);
  const tags = tool.tags ? ["-tags", tool.tags] : [];
  const target = `${tool.package}@${tool.version}`;
  const { code, stderr } = await run({
    command: ["nice", "-n", "19", go, "install", "-trimpath", "-ldflags=-s -w", ...tags, target],
    env: { ...process.env, GOBIN: folder, CGO_ENABLED: "0" },
  });
  if (code !== 0) throw new CannotRun(`building ${target} failed: ${stderr.trim()}`);
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await fs.access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
