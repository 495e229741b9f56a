import * as path from "node:path";
import swagger from "@fastify/swagger";
import Fastify from "fastify";
import { openapi } from "../../lib/data-svc/openapi";
import { call, closeServices, start, testSettings } from "./support";

interface Operation {
  readonly operationId?: string;
  readonly parameters: readonly unknown[];
  readonly responses: Readonly<Record<string, { description: string; headers: Readonly<Record<string, unknown>> }>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, { enum?: unknown; properties?: object }>> };
}

let document: Document;
beforeAll(async () => {
  // The document needs no database.
  const service = await start(testSettings("postgres://data_svc:p@127.0.0.1:1/diabrisk"));
  document = (await call<Document>(service, "GET /openapi.json")).body;
});
afterAll(closeServices);

const operations = () => Object.values(document.paths).flatMap((methods) => Object.values(methods));

test("docs/openapi.json is what this release serves", () =>
  expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFile(path.resolve(__dirname, "../../docs/openapi.json")));

test("each operation has a name of its own", () => {
  const names = operations().map(({ operationId }) => operationId);
  expect(names.every((name) => typeof name === "string")).toBe(true);
  expect(new Set(names).size).toBe(names.length);
});

test("each request may have an X-Request-Id, and each answer has one", () => {
  for (const { parameters, responses } of operations()) {
    expect(parameters).toContainEqual({ $ref: "#/components/parameters/RequestId" });
    for (const { headers } of Object.values(responses)) {
      expect(headers["X-Request-Id"]).toEqual({ $ref: "#/components/headers/RequestId" });
    }
  }
});

test("a stored assessment and one that was stored before are told apart", () => {
  const answers = document.paths["/internal/assessments"]?.post?.responses;
  expect([answers?.["201"]?.description, answers?.["200"]?.description]).toEqual([
    "Stored, with its audit row.",
    "Was stored before under this `id`. Nothing is stored again.",
  ]);
});

test("bodies are named, and their levels are enums", () => {
  const { schemas } = document.components;
  expect(Object.keys(schemas)).toEqual(
    expect.arrayContaining(["Assessment", "AssessmentPage", "Features", "ModelVersion", "NewAssessment", "Problem"]),
  );
  expect(schemas.RiskLevel?.enum).toEqual(["no_diabetes", "prediabetes", "diabetes"]);
  expect(schemas.ConfidenceLevel?.enum).toEqual(["high", "medium", "low"]);
  // No object with fields is left without a name.
  expect(JSON.stringify(document.paths)).not.toContain('"properties":{"');
});

test("two different schemas of one title are refused", async () => {
  const app = Fastify();
  await app.register(swagger, openapi(1));
  const schema = (type: string) => ({ response: { 200: { title: "Twin", type } } });
  app.get("/one", { schema: schema("string") }, () => "");
  app.get("/two", { schema: schema("integer") }, () => "");
  await app.ready();
  expect(() => app.swagger()).toThrow("Two different schemas have the title Twin. Give one of them another.");
});
