import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { Enums, Models, Serialize, Spec } from "@cyclonedx/cyclonedx-library";
import type { Metafile } from "esbuild";
import spdx from "spdx-license-list/full";
import { VERSION } from "../lib/contract";

/** A package of which a bundle has at least one byte. */
export interface Bundled {
  readonly name: string;
  readonly version: string;
  /** As its package.json has it: an identifier of SPDX. Undefined if it says none. */
  readonly license: string | undefined;
  /** Its author's name, for a licence that comes without a text. */
  readonly author: string | undefined;
  /** Texts that it asks to be passed on, by the names of their files. */
  readonly texts: Readonly<Record<string, string>>;
}

/**
 * Licences that ask for no more than to be passed on with the copy. Read another one before you add it: a copyleft licence
 * would bind this project's own code, which is in the same file.
 */
const PERMISSIVE = ["0BSD", "Apache-2.0", "BlueOak-1.0.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"];

const FOLDER = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;
const TEXTS = /^(?:licen[cs]e|copying|notice)/i;

/** Finds the packages whose code the bundler took in, by name and version. */
export function bundledPackages(root: string, metafiles: readonly Pick<Metafile, "outputs">[]): Bundled[] {
  const inputs = metafiles.flatMap(({ outputs }) =>
    Object.values(outputs).flatMap(({ inputs }) => Object.entries(inputs)),
  );
  const taken = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  const folders = new Set(taken.flatMap(([file]) => FOLDER.exec(file)?.[0] ?? []));
  // A package may lie in several folders.
  const byId = new Map(
    [...folders].map((folder) => read(path.resolve(root, folder))).map((each) => [idOf(each), each]),
  );
  return [...byId].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
}

interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly author?: string | { readonly name: string };
}

function read(folder: string): Bundled {
  const text = (name: string) => readFileSync(path.join(folder, name), "utf8");
  const { name, version, license, author } = JSON.parse(text("package.json")) as PackageJson;
  const names = readdirSync(folder).filter((file) => TEXTS.test(file));
  return {
    ...{ name, version, license, author: typeof author === "string" ? author : author?.name },
    texts: Object.fromEntries(names.sort().map((file) => [file, text(file)])),
  };
}

const idOf = ({ name, version }: Pick<Bundled, "name" | "version">) => `${name}@${version}`;

/** Finds packages that may not be in the image, each with its reason and the remedy. */
export function licenseProblems(packages: readonly Bundled[]): string[] {
  return packages.flatMap((each) => {
    const { license } = each;
    if (license && PERMISSIVE.includes(license)) return [];
    const has = license
      ? `has the licence ${JSON.stringify(license)}, which is not one of ${PERMISSIVE.join(", ")}`
      : "names no licence";
    return [
      `${idOf(each)} ${has}. Bundle another package, or read its licence and add it to PERMISSIVE in scripts/sbom.ts.`,
    ];
  });
}

/** Writes the licences of all packages as one text, to be passed on with the bundles. */
export function licenseTexts(packages: readonly Bundled[]): string {
  const rule = "=".repeat(80);
  return packages.map((each) => `${rule}\n${idOf(each)}: ${each.license}\n${rule}\n\n${textOf(each)}\n`).join("\n");
}

function textOf({ license = "", author, texts, name }: Bundled): string {
  const own = Object.values(texts).map((text) => text.replaceAll("\r\n", "\n").trim());
  if (own.length > 0) return `${own.join("\n\n")}\n`;
  const general = spdx[license]?.licenseText ?? "";
  return `${general.replace(/<year> <copyright holders>/, author ?? `the authors of ${name}`).trim()}\n`;
}

/** Parts of the image other than packages. */
export interface Platform {
  /** Version of Node.js, without a `v`. */
  readonly node: string;
  /** Reference of the base image. Undefined outside of a build of the image. */
  readonly baseImage: string | undefined;
}

/** Reads the base image of a Dockerfile, which `NODE_IMAGE` may replace by another one. */
export function baseImageOf(dockerfile: string, nodeImage: string | undefined): string | undefined {
  return nodeImage === "pinned" ? /^FROM (\S+) AS pinned$/m.exec(dockerfile)?.[1] : nodeImage;
}

/** Lists what the image is made of, as CycloneDX 1.6 in JSON. The same input gives the same bytes: no time, no serial number. */
export function sbom(packages: readonly Bundled[], { node, baseImage }: Platform): string {
  const bom = new Models.Bom();
  bom.metadata.component = component(Enums.ComponentType.Application, "diabrisk-data-svc", VERSION, "MIT");
  bom.components.add(component(Enums.ComponentType.Platform, "node", node, "MIT", `pkg:generic/node@${node}`));
  if (baseImage !== undefined) bom.components.add(container(baseImage));
  for (const { name, version, license } of packages) {
    const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
    bom.components.add(component(Enums.ComponentType.Library, name, version, license, purl));
  }
  const factory = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6);
  return `${new Serialize.JsonSerializer(factory).serialize(bom, { sortLists: true, space: 2 })}\n`;
}

function component(type: Enums.ComponentType, name: string, version: string, license?: string, purl?: string) {
  const [, group, plain = name] = /^(@[^/]+)\/(.+)$/.exec(name) ?? [];
  const licenses = new Models.LicenseRepository(license ? [new Models.SpdxLicense(license)] : []);
  return new Models.Component(type, plain, { group, version, licenses, purl, bomRef: purl ?? `${name}@${version}` });
}

/** `repository[:tag][@digest]`. The packages of its operating system are in the attestation of the image's own builder. */
function container(reference: string) {
  const [name = "", digest] = reference.split("@");
  const [, repository = name, tag] = /^(.+?)(?::([\w][\w.-]*))?$/.exec(name) ?? [];
  const version = digest ?? tag ?? "latest";
  return component(
    Enums.ComponentType.Container,
    repository,
    `${tag ?? ""}${digest ? `@${digest}` : ""}`,
    undefined,
    `pkg:docker/${repository}@${version}`,
  );
}
