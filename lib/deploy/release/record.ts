import * as path from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import type { Migrations } from "../../common/contents";
import { digest } from "../../common/digest";
import type { KubeObject } from "../kubectl";
import type { ManifestFile } from "../manifests";

/** A file of a release, without its Secrets. */
export interface RecordedFile {
  readonly name: string;
  readonly objects: readonly KubeObject[];
}

/** The sources that a release was made from. */
export interface Origin {
  readonly version: string;
  /** Commit of the checkout. Absent outside of a repository. */
  readonly commit?: string;
  /** Whether the checkout had changes that no commit has. */
  readonly dirty?: boolean;
  readonly migrations: Migrations;
}

/** A release before it is deployed. */
export interface ReleaseDraft extends Origin {
  readonly images: readonly string[];
  readonly files: readonly RecordedFile[];
  /** Secrets that the manifests hold and the record leaves out, e.g. `"secret/oauth-secret"`. */
  readonly leftOut: readonly string[];
  /** Digest of `files`. */
  readonly digest: string;
  /** Number of the release that a rollback deployed again. */
  readonly rollbackOf?: number;
  /** User of kubectl's context. */
  readonly by?: string;
}

export type Result = "deploying" | "deployed" | "failed";

/** A release that was deployed to a namespace, or that somebody tried to deploy. */
export interface ReleaseRecord extends ReleaseDraft {
  readonly number: number;
  /** Begin of the first deployment, in ISO 8601. */
  readonly at: string;
  /** Result of the last deployment. One that was killed stays `deploying`. */
  readonly result: Result;
  /** End of the last deployment that succeeded, in ISO 8601. */
  readonly deployedAt?: string;
}

/** Label of every record; its value is the number. No label of other objects, so that no pruning apply removes it. */
export const RECORD_LABEL = "diabrisk.io/release";
export const RESULT = "diabrisk.io/result";
export const DEPLOYED_AT = "diabrisk.io/deployed-at";
const DESCRIPTION = "release.json";
const MANIFESTS = "manifests.json.gz";

export const recordName = (number: number) => `release-${number}`;

/** Makes the draft of a record. A record can be read by whoever may read ConfigMaps, so Secrets are left out. */
export function draftOf(files: readonly Pick<ManifestFile, "path" | "objects">[], origin: Origin): ReleaseDraft {
  const recorded = files.map((file) => ({
    name: path.basename(file.path),
    objects: file.objects.filter(({ kind }) => kind !== "Secret"),
  }));
  const secrets = files.flatMap(({ objects }) => objects.filter(({ kind }) => kind === "Secret"));
  const images = JSON.stringify(recorded).match(/(?<="image":")[^"]+/g) ?? [];
  return {
    ...origin,
    images: [...new Set(images)].sort(),
    files: recorded,
    leftOut: secrets.map(({ metadata }) => `secret/${metadata.name}`),
    digest: digest([JSON.stringify(recorded)]),
  };
}

/** The ConfigMap of a record. Only its annotations change later. */
export function encode({ files, ...draft }: ReleaseDraft, number: number, at: Date): object {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: recordName(number),
      labels: { [RECORD_LABEL]: String(number) },
      annotations: { [RESULT]: "deploying" satisfies Result },
    },
    immutable: true,
    data: { [DESCRIPTION]: JSON.stringify({ at: at.toISOString(), ...draft }) },
    binaryData: { [MANIFESTS]: gzipSync(JSON.stringify(files)).toString("base64") },
  };
}

interface RecordObject extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
}

/** Reads a record; undefined if the ConfigMap is none of this package's. */
export function decode({ metadata, data, binaryData }: RecordObject): ReleaseRecord | undefined {
  const [description, manifests] = [data?.[DESCRIPTION], binaryData?.[MANIFESTS]];
  const number = Number(metadata.labels?.[RECORD_LABEL]);
  if (description === undefined || manifests === undefined || !Number.isInteger(number)) return undefined;
  const deployedAt = metadata.annotations?.[DEPLOYED_AT];
  return {
    ...(JSON.parse(description) as Omit<ReleaseRecord, "number" | "files" | "result">),
    number,
    files: JSON.parse(gunzipSync(Buffer.from(manifests, "base64")).toString("utf8")) as RecordedFile[],
    result: (metadata.annotations?.[RESULT] ?? "deploying") as Result,
    ...(deployedAt !== undefined && { deployedAt }),
  };
}
