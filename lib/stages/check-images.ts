import { CLUSTER_IDENTITY, POSTGRES_IDENTITY } from "../postgres/identity";
import type { Image, Stage } from "./stage";

/** The parts of an image reference. */
export interface ImageParts {
  readonly repository: string;
  readonly tag?: string;
  /** Digest with its algorithm, `sha256:…`. */
  readonly digest?: string;
}

/** Splits `repository[:tag][@sha256:…]`. A port in the repository's host is not a tag. Undefined if it is malformed. */
export function parseImage(reference: string): ImageParts | undefined {
  const parts =
    /^(?<repository>[a-z0-9.-]+(?::\d+(?=\/))?(?:\/[a-z0-9._-]+)*)(?::(?<tag>[\w][\w.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/.exec(
      reference,
    )?.groups;
  return parts as ImageParts | undefined;
}

/** Refuses image references that are malformed or ambiguous, and a server that cannot open the volume. */
export function checkImages(stage: Stage): string[] {
  return [
    ...checkImage("database.image", stage.database.image, stage.name),
    ...checkImage("service.image", stage.service.image, stage.name),
    ...(stage.monitoring.kind === "none"
      ? []
      : checkImage("monitoring.exporter.image", stage.monitoring.exporter.image, stage.name)),
    ...checkServer("database.image", stage.database.image.reference),
  ];
}

/** Refuses references that do not say exactly which image runs. */
export function checkImage(field: string, { reference, pullPolicy }: Image, stage: Stage["name"]): string[] {
  const image = parseImage(reference);
  if (!image) {
    return [
      `${field} is "${reference}", which is no image reference. Write repository:tag or repository:tag@sha256:<64 hex>.`,
    ];
  }
  const problems: string[] = [];
  if (image.tag === undefined || image.tag === "latest") {
    problems.push(
      `${field} is "${reference}": ${image.tag ? "latest is" : "without a tag it is"} whatever was pushed last, so two nodes ` +
        "may run different versions. Name the version as its tag.",
    );
  }
  if (stage !== "dev" && image.digest === undefined) {
    problems.push(
      `${field} is "${reference}", whose tag can be pushed again with something else. Outside dev add the digest: ` +
        "`npm run pin -- <tag>@sha256:…` records it in lib/stages/images.ts.",
    );
  }
  if (stage !== "dev" && pullPolicy !== "Always") {
    problems.push(
      `${field} has the pull policy ${pullPolicy}, with which whoever has a pod on a node can use what it pulled. ` +
        "Outside dev set Always: with a digest nothing is downloaded twice.",
    );
  }
  return problems;
}

/** Checks whether the operator can run an image, and the image open the volume, as far as its name says. */
export function checkClusterServer(field: string, reference: string): string[] {
  const { repository, tag } = parseImage(reference) ?? {};
  if (repository === undefined || tag === undefined || tag === "latest") return [];
  const { major } = CLUSTER_IDENTITY;
  // A mirror may have another registry and folder, but other makers' images of that name have other users and folders in them.
  const foreign = /(^|\/)(bitnami|bitnamilegacy|bitnamisecure|rapidfort|rhel\d+|sclorg|chainguard)\//.test(repository);
  const released = new RegExp(`^${major}(?:\\.\\d+)?(?:-[\\w.-]+)?$`).test(tag);
  if (/(^|\/)postgresql$/.test(repository) && !foreign && released && !/alpine|musl/.test(tag)) return [];
  return [
    `${field} is "${reference}", not CloudNativePG's image of PostgreSQL ${major}, which alone has what its instances need: its user, ` +
      `folders and glibc. Use ghcr.io/cloudnative-pg/postgresql, or a mirror of it, with a tag like "${major}.10-minimal-trixie".`,
  ];
}

/** Checks whether the database's image can open the volume, as far as its name says. */
export function checkServer(field: string, reference: string): string[] {
  const { repository, tag } = parseImage(reference) ?? {};
  if (repository === undefined || tag === undefined || tag === "latest") return [];
  const { major, libc } = POSTGRES_IDENTITY;
  if (!/(^|\/)postgres$/.test(repository) || Number(/^\d+/.exec(tag)?.[0]) !== major) {
    return [
      `${field} is "${reference}", not a PostgreSQL ${major}, and no other can open the volume. Use an image called postgres ` +
        `with a tag that begins with ${major}; an upgrade moves the data, as docs/operations.md says.`,
    ];
  }
  const built = tag.includes("alpine") ? "musl" : "glibc";
  if (built === libc) return [];
  return [
    `${field} is "${reference}", built with ${built}, but the volume was made with ${libc}, which sorts text differently: ` +
      `indexes would be silently wrong. Use a tag ${libc === "musl" ? 'with "alpine"' : 'without "alpine"'}, or move the data as ` +
      "docs/operations.md says.",
  ];
}
