import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import type { KubeObject } from "../lib/deploy/kubectl";

/** A release as it was committed. */
export interface ReleaseRecord {
  readonly version: string;
  /** The commit that it was deployed from. */
  readonly commit: string;
  /** Its newest migration. */
  readonly migration: number;
}

export const RELEASES_FILE = path.resolve(__dirname, "../test/releases/releases.json");

/** The OpenAPI document of the newest release's data-svc. */
export const RELEASED_OPENAPI = path.resolve(__dirname, "../test/releases/openapi.json");

/** Folder of the manifests of former releases. */
export const MANIFESTS = path.resolve(__dirname, "../test/releases/manifests");

/** The manifests of a former release or commit, with one harmless value in every Secret. */
export interface RecordedManifests {
  readonly version: string;
  readonly commit: string;
  readonly stages: Readonly<Record<string, readonly KubeObject[]>>;
}

/** The releases so far, oldest first. `npm run record` adds one. */
export const readReleases = (): readonly ReleaseRecord[] =>
  JSON.parse(readFileSync(RELEASES_FILE, "utf8")) as ReleaseRecord[];

/** The newest release. @throws Error if there is none */
export function lastRelease(): ReleaseRecord {
  const last = readReleases().at(-1);
  if (!last) throw new Error(`${RELEASES_FILE} names no release. Record the one that is deployed: npm run record.`);
  return last;
}

/** Says why a release's files cannot be had from this clone; undefined if they can. */
export function whyNotHere({ commit }: ReleaseRecord): string | undefined {
  const { error, status } = spawnSync("git", ["cat-file", "-e", `${commit}^{commit}`], { cwd: __dirname });
  if (error) return `git cannot be run (${error.message}).`;
  return status === 0 ? undefined : "this clone lacks its commit. Fetch it: git fetch --unshallow.";
}
