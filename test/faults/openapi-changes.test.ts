import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { OASDIFF } from "../../bench/tools";
import { RELEASED_OPENAPI } from "../../scripts/releases";
import { describeUnless, lacksGo, useGoTool } from "./support/programs";

const OURS = path.resolve(__dirname, "../../docs/openapi.json");

interface Schema {
  type?: string;
  maximum?: number;
  enum?: string[];
  required?: string[];
  properties: Record<string, Schema>;
}

interface Document {
  paths: Record<string, unknown>;
  components: { schemas: Record<string, Schema> };
}

describeUnless(lacksGo(OASDIFF), "the API since the last release", () => {
  const oasdiff = useGoTool(OASDIFF);

  /** Changes that break clients of `before`, by the names that oasdiff gives them. */
  async function breaking(before: string, after: string): Promise<string[]> {
    const args = ["breaking", before, after, "--format", "json", "--fail-on", "ERR"];
    const { code, stdout, stderr } = await oasdiff(args);
    const found = JSON.parse(stdout || "[]") as { id: string; text: string; level: number }[];
    const errors = found.filter(({ level }) => level === 3).map(({ id, text }) => `${id}: ${text}`);
    expect([code, stderr]).toEqual([errors.length > 0 ? 1 : 0, ""]);
    return errors;
  }

  test("has no change that breaks its clients, which are released on their own", async () =>
    expect(await breaking(RELEASED_OPENAPI, OURS)).toEqual([]));

  const schema = (document: Document, name: string) => document.components.schemas[name] as Schema;
  const CHANGES: [string, (document: Document) => void, RegExp][] = [
    ["a removed route", ({ paths }) => delete paths["/internal/assessments"], /^api-.*removed/],
    [
      "a removed field of an answer",
      (document) => {
        const assessment = schema(document, "Assessment");
        delete assessment.properties.risk_level;
        assessment.required = assessment.required?.filter((name) => name !== "risk_level") ?? [];
      },
      /^response-required-property-removed: .*risk_level/,
    ],
    [
      "a narrower number",
      (document) => Object.assign(schema(document, "Features").properties.BMI as Schema, { maximum: 60 }),
      /^request-property-max-decreased: .*BMI/,
    ],
    [
      "another type",
      (document) => Object.assign(schema(document, "Features").properties.BMI as Schema, { type: "string" }),
      /^request-property-type-changed: .*BMI/,
    ],
    [
      "a level less",
      (document) => schema(document, "ConfidenceLevel").enum?.pop(),
      /^request-property-enum-value-removed/,
    ],
    [
      "a newly required field",
      (document) => schema(document, "NewAssessment").required?.push("id"),
      /^request-property-became-required: .*`id`/,
    ],
  ];

  test.each(CHANGES)("%s would be named", async (_, change, named) => {
    const folder = mkdtempSync(path.join(os.tmpdir(), "openapi-"));
    const file = path.join(folder, "changed.json");
    const document = JSON.parse(readFileSync(OURS, "utf8")) as Document;
    change(document);
    writeFileSync(file, JSON.stringify(document));
    expect(await breaking(OURS, file)).toContainEqual(expect.stringMatching(named));
    rmSync(folder, { recursive: true });
  });
});
