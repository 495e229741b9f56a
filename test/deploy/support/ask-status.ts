import { FormatRegistry } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { statusOf } from "../../../lib/deploy/status/status";
import { issueTls } from "../../../lib/secrets/issue";
import { prod } from "../../../lib/stages/prod";
import type { Stage } from "../../../lib/stages/stage";
import type { FactName, Status } from "../../../lib/status/document";
import { DOCUMENT } from "../../../lib/status/json-schema";
import { ago, DAY, NOW, type StatusCluster } from "./status-cluster";

FormatRegistry.Set("date-time", (text) => !Number.isNaN(Date.parse(text)));
export const schema = TypeCompiler.Compile(DOCUMENT);

/** A certificate of the database for the test file that calls this, and its authority's. */
export function useCertificates(): { readonly server: string; readonly authority: string } {
  const pem = { server: "", authority: "" };
  beforeAll(async () => {
    const tls = await issueTls(["postgres"], new Date(ago(10 * DAY)));
    Object.assign(pem, { server: tls.server.certificate, authority: tls.authority.certificate });
  });
  return pem;
}

/** Asks for a stage's status, which always has to be as the schema says. */
export async function ask(kubectl: StatusCluster, stage: Stage = prod, seconds = 10): Promise<Status> {
  const status = await statusOf({ stage, kubectl, context: "prod-eu", now: () => NOW, seconds });
  expect([...schema.Errors(JSON.parse(JSON.stringify(status)))]).toEqual([]);
  return status;
}

export const fact = ({ facts }: Status, name: FactName) => facts.find((each) => each.name === name);
export const states = ({ facts }: Status) =>
  Object.fromEntries(facts.filter(({ state }) => state !== "ok").map(({ name, state }) => [name, state]));

/** The one fact that is not well, where all others are. */
export async function only(name: FactName, ...args: Parameters<typeof ask>) {
  const status = await ask(...args);
  const { state, ...found } = fact(status, name) ?? {};
  expect(states(status)).toEqual(state === "ok" ? {} : { [name]: state });
  return { state, ...found };
}
