import * as fs from "node:fs/promises";
import * as path from "node:path";
import { parseAllDocuments } from "yaml";
import { PLACEHOLDER_RECIPIENT } from "../contract";
import type { KubeObject } from "./kubectl";

/** A file that is applied as a whole. */
export interface ManifestFile {
  readonly path: string;
  readonly objects: readonly KubeObject[];
}

/** A folder or file that is not a synthesized stage. */
export class ManifestError extends Error {
  override readonly name = "ManifestError";
}

/** Reads a folder's manifests in the order of `kubectl apply -f`. @throws ManifestError */
export async function readManifests(directory: string): Promise<readonly ManifestFile[]> {
  const names = await fs.readdir(directory).catch((error: NodeJS.ErrnoException) => {
    throw new ManifestError(`${directory} cannot be read (${error.code}). Run \`npm run synth\`, which writes it.`);
  });
  const manifests = names.filter((name) => /\.ya?ml$/.test(name)).sort();
  if (manifests.length === 0) throw new ManifestError(`${directory} holds no manifest. Run \`npm run synth\`.`);
  return await Promise.all(manifests.map((name) => readManifest(path.join(directory, name))));
}

async function readManifest(file: string): Promise<ManifestFile> {
  return { path: file, objects: parseManifest(await fs.readFile(file, "utf8"), file) };
}

/** The objects of a YAML stream. @throws ManifestError */
export function parseManifest(text: string, file: string): readonly KubeObject[] {
  const documents = parseAllDocuments(text);
  return ("empty" in documents ? [] : documents).flatMap((document) => {
    const problem = document.errors[0];
    if (problem) throw new ManifestError(`${file} is not YAML: ${problem.message}`);
    const value: unknown = document.toJS();
    if (value === null) return [];
    if (isObject(value)) return [value];
    throw new ManifestError(`${file} holds a document without kind or metadata.name, which is no Kubernetes object.`);
  });
}

function isObject(value: unknown): value is KubeObject {
  const { kind, metadata } = value as Partial<KubeObject>;
  return typeof kind === "string" && typeof metadata?.name === "string";
}

/** Finds the only object of a kind, and of a name if given. @throws ManifestError */
export function find(files: readonly ManifestFile[], kind: string, name?: string): KubeObject {
  const objects = files.flatMap((file) => file.objects).filter((object) => object.kind === kind);
  const found = objects.filter((object) => name === undefined || object.metadata.name === name);
  if (found[0] && found.length === 1) return found[0];
  const names = objects.map((object) => object.metadata.name).join(", ") || "none";
  throw new ManifestError(
    `There should be one ${kind}${name === undefined ? "" : ` ${name}`}, but there are: ${names}.`,
  );
}

/** The stage's own namespace. It comes before the drill's, if that has one. @throws ManifestError */
export function stageNamespace(files: readonly ManifestFile[]): KubeObject {
  const [namespace] = namespacesOf(files);
  return namespace ?? find(files, "Namespace");
}

/** Every namespace that the manifests make. */
export const namespacesOf = (files: readonly ManifestFile[]): readonly KubeObject[] =>
  files.flatMap(({ objects }) => objects).filter(({ kind }) => kind === "Namespace");

/** kubectl's name of an object, e.g. `"statefulset/postgres"`. */
export function reference({ kind, apiVersion, metadata }: KubeObject): string {
  const group = apiVersion?.includes(".") && !apiVersion.includes(".k8s.io/") ? `.${apiVersion.split("/")[0]}` : "";
  return `${kind.toLowerCase()}${group}/${metadata.name}`;
}

const UNRELEASED = new RegExp(`@sha256:${"0".repeat(64)}$`);

/**
 * Refuses images that are not released yet, since their pods would wait for ever, and keys that nobody has made yet.
 * @throws ManifestError
 */
export function requireReleased(files: readonly ManifestFile[]): void {
  const problems = [...unreleasedImages(files), ...missingKeys(files)];
  if (problems.length > 0) throw new ManifestError(problems.join("\n"));
}

function unreleasedImages(files: readonly ManifestFile[]): string[] {
  const images = files.flatMap(({ objects }) => JSON.stringify(objects).match(/(?<="image(?:Name)?":")[^"]+/g) ?? []);
  const unreleased = [...new Set(images)].filter((image) => UNRELEASED.test(image));
  if (unreleased.length === 0) return [];
  return [
    `${unreleased.join(", ")} has a digest of zeros, which stands for "not released yet", so no cluster could start it. ` +
      "Push the image and record the digest that the push prints: npm run pin -- <repository:tag@sha256:…>.",
  ];
}

function missingKeys(files: readonly ManifestFile[]): string[] {
  const jobs = files.flatMap(({ objects }) => objects).filter(({ kind }) => kind === "CronJob");
  if (!JSON.stringify(jobs).includes(PLACEHOLDER_RECIPIENT)) return [];
  return [
    `backup.recipients of the stage still names ${PLACEHOLDER_RECIPIENT}, which stands for a key that nobody has made yet, so no ` +
      "backup could be made. Make one pair for people and one for the drill (npm run backup -- keygen), and name the public keys in " +
      "lib/stages/shared.ts. The bucket's endpoint, region and network there, and its name in the stage, are examples: set yours.",
  ];
}
