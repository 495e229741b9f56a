import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

declare const process: { argv: string[]; stdout: { write(text: string): void } };

// A client as another service would write it, with types from the document alone: `node client.js URL ASSESSMENT AUTHORIZATION`.
const [, , baseUrl = "", text = "", Authorization = ""] = process.argv;
const body = JSON.parse(text) as components["schemas"]["NewAssessment"];
const { GET, POST, DELETE } = createClient<paths>({ baseUrl, headers: { Authorization } });

const first = await POST("/internal/assessments", { body });
const again = await POST("/internal/assessments", { body, headers: { "X-Request-Id": "again" } });
const level: components["schemas"]["RiskLevel"] | undefined = again.data?.risk_level;
const params = { path: { id: body.user_id }, query: { limit: 1 } };
const page = await GET("/internal/users/{id}/assessments", { params });
const one = await GET("/internal/assessments/{id}", { params: { path: { id: body.id ?? "" } } });
const document = { format: "pdf", content_url: "s3://reports/1.pdf", metadata: { pages: 3 } } as const;
const path = { id: one.data?.id ?? "" };
const report = await POST("/internal/assessments/{id}/reports", { params: { path }, body: document });
const filters = { from: "2026-01-01T00:00:00Z", risk_level: ["prediabetes" as const, "diabetes" as const] };
const filtered = await GET("/internal/users/{id}/assessments", {
  params: { path: { id: body.user_id }, query: filters },
});
const copy = await GET("/internal/users/{id}/export", { params: { path: { id: body.user_id } } });
const exported: components["schemas"]["UserExport"] | string | undefined = copy.data;
const removed = await DELETE("/internal/assessments/{id}", { params: { path } });
const stranger = { ...body, id: undefined, user_id: "00000000-0000-4000-8000-000000000000" };
const refused = await POST("/internal/assessments", { body: stranger });

const statuses = [first, again, one, report, filtered, copy, removed].map(({ response }) => response.status);
const reports = typeof exported === "object" ? exported.reports.map(({ content_url }) => content_url) : [];
const listed = page.data?.items.map(({ id }) => id);
process.stdout.write(
  JSON.stringify({
    statuses,
    level,
    listed,
    filtered: filtered.data?.items.length,
    reports,
    problem: refused.error?.type,
  }),
);
