import { readFileSync } from "node:fs";
import * as path from "node:path";
import { VERSION } from "../../lib/contract";
import { parseImage } from "../../lib/stages/check-images";
import { RELEASED_IMAGES } from "../../lib/stages/images";
import { pinImage } from "../../lib/stages/pin";

const DIGEST = `sha256:${"a".repeat(64)}`;
const SOURCE = readFileSync(path.join(__dirname, "../../lib/stages/images.ts"), "utf8");

test.each([
  ["postgres", { repository: "postgres" }],
  ["postgres:16-alpine", { repository: "postgres", tag: "16-alpine" }],
  ["diabrisk/data-svc:1.0.0", { repository: "diabrisk/data-svc", tag: "1.0.0" }],
  ["registry.example:5000/a/b", { repository: "registry.example:5000/a/b" }],
  [`registry.example:5000/a/b:1@${DIGEST}`, { repository: "registry.example:5000/a/b", tag: "1", digest: DIGEST }],
])("%s has these parts", (reference, parts) => {
  expect(JSON.parse(JSON.stringify(parseImage(reference)))).toEqual(parts);
});

test.each(["", "A", "a:", ":a", "a@sha256:short", "a b", "a:b:c", "/a"])("%j is no reference", (reference) => {
  expect(parseImage(reference)).toBeUndefined();
});

test("what is released carries this version", () => {
  expect(parseImage(RELEASED_IMAGES["diabrisk/data-svc"])?.tag).toBe(VERSION);
});

describe("pinning", () => {
  test("replaces the line of its repository and no other", () => {
    const pinned = pinImage(SOURCE, `diabrisk/data-svc:2.0.0@${DIGEST}`);
    expect(pinned).toContain(`"diabrisk/data-svc:2.0.0@${DIGEST}"`);
    expect(pinned).not.toContain(RELEASED_IMAGES["diabrisk/data-svc"]);
    expect(pinned).toContain(RELEASED_IMAGES.postgres);
    expect(pinned.split("\n")).toHaveLength(SOURCE.split("\n").length);
  });

  test.each([["diabrisk/data-svc:2.0.0"], [`diabrisk/data-svc@${DIGEST}`], ["nonsense reference"]])(
    "refuses %s",
    (reference) => {
      expect(() => pinImage(SOURCE, reference)).toThrow("does not name a tag and a digest");
    },
  );

  test.each<[string, RegExp]>([
    [`postgres:17.1-alpine@${DIGEST}`, /not a PostgreSQL 16/],
    [`postgres:16.14@${DIGEST}`, /built with glibc, but the volume was made with musl/],
    [`diabrisk/data-svc:latest@${DIGEST}`, /latest is whatever was pushed last/],
    [`diabrisk/data-svc:2.0.0@sha256:${"0".repeat(64)}`, /digest of zeros belongs to nothing/],
  ])("refuses %s, as synth or the cluster would", (reference, message) => {
    expect(() => pinImage(SOURCE, reference)).toThrow(message);
  });

  test("refuses an image that no stage runs", () => {
    expect(() => pinImage(SOURCE, `redis:7@${DIGEST}`)).toThrow("No stage runs redis");
  });
});
