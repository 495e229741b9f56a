import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

declare const process: { argv: string[]; stdout: { write(text: string): void } };

// A client as another service would write it, with types from the document alone: `node client.js URL ASSESSMENT AUTHORIZATION`.
const [, , baseUrl = "", text = "", Authorization = ""] = process.argv;
const body = JSON.parse(text) as components["schemas"]["NewAssessment"];
const { GET, POST } = createClient<paths>({ baseUrl, headers: { Authorization } });

const first = await POST("/internal/assessments", { body });
const again = await POST("/internal/assessments", { body, headers: { "X-Request-Id": "again" } });
const level: components["schemas"]["RiskLevel"] | undefined = again.data?.risk_level;
const params = { path: { id: body.user_id }, query: { limit: 1 } };
const page = await GET("/internal/users/{id}/assessments", { params });
const stranger = { ...body, id: undefined, user_id: "00000000-0000-4000-8000-000000000000" };
const refused = await POST("/internal/assessments", { body: stranger });

const statuses = [first.response.status, again.response.status];
const listed = page.data?.items.map(({ id }) => id);
process.stdout.write(JSON.stringify({ statuses, level, listed, problem: refused.error?.type }));
