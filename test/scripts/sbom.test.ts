import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { type Bundled, baseImageOf, bundledPackages, licenseProblems, licenseTexts, sbom } from "../../scripts/sbom";

const ROOT = path.resolve(__dirname, "..", "..");
const bundled = (changes: Partial<Bundled> = {}): Bundled => ({
  ...{ name: "@scope/one", version: "1.2.3", license: "MIT", author: "Ada", texts: { LICENSE: "Do as you like." } },
  ...changes,
});

/** A metafile in which a bundle has so many bytes of each file. */
const metafile = (inputs: Readonly<Record<string, number>>) => {
  const entries = Object.entries(inputs).map(([file, bytesInOutput]) => [file, { bytesInOutput }] as const);
  return { outputs: { "build/x.js": { bytes: 1, imports: [], exports: [], inputs: Object.fromEntries(entries) } } };
};

test("packages are those with a byte in a bundle, each once, in the order of their names", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sbom-"));
  const add = (place: string, name: string, version: string) => {
    fs.mkdirSync(path.join(folder, place), { recursive: true });
    fs.writeFileSync(path.join(folder, place, "package.json"), JSON.stringify({ name, version, license: "ISC" }));
  };
  add("node_modules/b", "b", "2.0.0");
  add("node_modules/@a/c", "@a/c", "1.0.0");
  add("node_modules/b/node_modules/@a/c", "@a/c", "1.0.0");
  add("node_modules/shaken", "shaken", "1.0.0");
  const files = {
    ...{ "lib/main.ts": 9, "node_modules/b/index.js": 9, "node_modules/@a/c/x/y.js": 9, "instead:umzug": 9 },
    ...{ "node_modules/b/node_modules/@a/c/index.js": 9, "node_modules/shaken/index.js": 0 },
  };
  const found = bundledPackages(folder, [metafile(files), metafile(files)]);
  expect(found.map(({ name, version }) => `${name}@${version}`)).toEqual(["@a/c@1.0.0", "b@2.0.0"]);
  fs.rmSync(folder, { recursive: true });
});

describe("licences", () => {
  test.each([
    ["MIT", []],
    [undefined, [/^@scope\/one@1\.2\.3 names no licence\. Bundle another package, or read its licence/]],
    ["GPL-3.0-only", [/has the licence "GPL-3\.0-only", which is not one of 0BSD, Apache-2\.0/]],
    ["MIT AND LGPL-2.1-only", [/has the licence "MIT AND LGPL-2\.1-only"/]],
    ["SEE LICENSE IN EULA", [/has the licence "SEE LICENSE IN EULA"/]],
  ])("%s", (license, problems) => {
    const found = licenseProblems([bundled({ license }), bundled()]);
    expect(found).toEqual(problems.map((problem) => expect.stringMatching(problem)));
  });

  test("are passed on with their notices", () => {
    const texts = { LICENSE: "Do as you like.\r\n", NOTICE: "Made by Ada.\n" };
    expect(licenseTexts([bundled({ texts })])).toMatch(
      /@scope\/one@1\.2\.3: MIT\n=+\n\nDo as you like\.\n\nMade by Ada\.\n/,
    );
  });

  test("have the general text and the author where the package brings none", () => {
    expect(licenseTexts([bundled({ texts: {} })])).toMatch(
      /MIT License\n\nCopyright \(c\) Ada\n\nPermission is hereby/,
    );
  });
});

test.each([
  ["node:24-alpine", "node", "24-alpine", "pkg:docker/node@24-alpine"],
  ["node:24-alpine@sha256:ab", "node", "24-alpine@sha256:ab", "pkg:docker/node@sha256:ab"],
  ["r.example:5000/a/node:24", "r.example:5000/a/node", "24", "pkg:docker/r.example:5000/a/node@24"],
])("the base image %s is named with its tag and digest", async (baseImage, name, version, purl) => {
  const text = sbom([bundled()], { node: "24.1.0", baseImage });
  const { components } = JSON.parse(text) as { components: Record<string, unknown>[] };
  expect(components).toContainEqual({ type: "container", name, version, purl, "bom-ref": purl });
  expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text)).toBeNull();
});

test("a release's base is pinned by digest, and used by both stages", () => {
  const dockerfile = fs.readFileSync(path.join(ROOT, "Dockerfile"), "utf8");
  expect(baseImageOf(dockerfile, "pinned")).toMatch(/^node:24-alpine@sha256:[0-9a-f]{64}$/);
  expect(baseImageOf(dockerfile, "node:24-alpine")).toBe("node:24-alpine");
  expect(baseImageOf(dockerfile, undefined)).toBeUndefined();
  const workflow = fs.readFileSync(path.join(ROOT, ".github/workflows/release.yml"), "utf8");
  expect(workflow).toContain(" NODE_IMAGE=pinned\n");
  expect(
    dockerfile
      .match(/^FROM .*/gm)
      ?.slice(1)
      .map((line) => line.replace(/[${}]/g, "")),
  ).toEqual(["FROM NODE_IMAGE AS build", "FROM NODE_IMAGE"]);
});
