import type { Container } from "../pods";
import { type Breach, each, type Rule } from "../rule";
import { text } from "../tree";
import { finding } from "./host";

/** Follows the grammar of registries: capitals are allowed only in the host. */
const HOST = String.raw`[A-Za-z0-9]+(?:(?:[.]|-+)[A-Za-z0-9]+)*|\[[0-9A-Fa-f:]+\]`;
const PART = "[a-z0-9]+(?:(?:[.]|_{1,2}|-+)[a-z0-9]+)*";
const DIGEST = "sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}";
const REFERENCE = new RegExp(
  String.raw`^(?<repository>(?:(?:${HOST})(?::\d+)?/)?${PART}(?:/${PART})*)(?::(?<tag>\w[\w.-]{0,127}))?(?:@(?<digest>${DIGEST}))?$`,
);

/** The image's name: `postgres` for `docker.io/library/postgres:16@sha256:…`. */
export const imageName = (reference: string) => REFERENCE.exec(reference)?.groups?.repository?.split("/").at(-1) ?? "";

/** The image that runs is the one that was tested. */
export const IMAGE_RULES: readonly Rule[] = [
  each(
    (objects) => objects.containers,
    "image-pinned",
    "A tag can be pushed again, so two nodes may run different programs under one name.",
    "Name the version as its tag and, outside dev, the digest: repository:tag@sha256:<64 hex>.",
    function* (container, objects) {
      yield* unpinned(container, objects.isDev(container.owner));
    },
  ),
];

function* unpinned(container: Container, dev: boolean): Iterable<Breach> {
  const reference = text(container.tree, "image") ?? "";
  const image = REFERENCE.exec(reference)?.groups;
  if (!image) return yield finding(container, "image", `is "${reference}", which is no image reference`);
  const missing = [
    ...(image.tag === undefined ? ["no tag"] : []),
    ...(image.tag === "latest" ? ["no version but latest"] : []),
    ...(dev || image.digest ? [] : ["no digest"]),
  ];
  if (missing.length > 0) yield finding(container, "image", `"${reference}" names ${missing.join(" and ")}`);
}
