import type { Client } from "../../lib/contract";
import { roles } from "../../lib/roles/addition";
import { readClients } from "../../lib/roles/clients";
import { dev } from "../../lib/stages/dev";

function read(text: string | undefined): { clients: readonly Client[] | undefined; problems: string[] } {
  const problems: string[] = [];
  return { clients: readClients({ problems, read: () => text }), problems };
}

test("CLIENTS that is not set says nothing, and an empty list that there are none", () => {
  expect(read(undefined)).toEqual({ clients: undefined, problems: [] });
  expect(read("[]")).toEqual({ clients: [], problems: [] });
});

test.each([
  "auth-svc",
  "{}",
  "null",
  "[1]",
  '[{"app":"a","role":"a_b","connections":1}]',
  '[{"app":"a","role":"A","connections":1,"tables":{}}]',
  '[{"app":"a","role":"a_b","connections":0,"tables":{}}]',
  '[{"app":"a","role":"a_b","connections":1,"tables":{"users":{"select":[]}}}]',
  '[{"app":"a","role":"a_b","connections":1,"tables":{"users":{"read":["id"]}}}]',
  '[{"app":"a","role":"a_b","connections":1,"tables":{},"more":1}]',
])("CLIENTS %s is no list of clients", (text) =>
  expect(read(text)).toEqual({
    clients: undefined,
    problems: [expect.stringMatching(/^CLIENTS is no list .*Set it to JSON/)],
  }),
);

test("a role of ours, of the operator's, or twice is refused, all at once", () => {
  const client = (role: string) => ({ app: role, role, connections: 1, tables: {} });
  const { problems } = read(JSON.stringify(["data_svc", "streaming_replica", "mine", "mine"].map(client)));
  expect(problems).toEqual([
    expect.stringMatching(/role data_svc, which is another one's/),
    expect.stringMatching(/role streaming_replica, which is another one's/),
    expect.stringMatching(/role mine twice/),
  ]);
});

test("`migrate up` grants to the clients that CLIENTS names, and refuses one that nobody understands", () => {
  expect(roles.privileges({})).not.toContain("auth_svc");
  expect(roles.privileges({ CLIENTS: JSON.stringify(dev.clients) })).toContain("'auth_svc', 'insert', 'email'");
  expect(() => roles.privileges({ CLIENTS: "auth-svc" })).toThrow(/CLIENTS is no list of clients/);
});
