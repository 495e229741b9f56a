import dns from "node:dns";
import { createServer, type Server, type Socket } from "node:net";
import { EXIT } from "../../lib/contract";
import { connect } from "../../lib/migrator/database/connection";

afterEach(() => jest.restoreAllMocks());

const host = "postgres.example";
const attempt = (port = 5432) =>
  connect({
    connection: { host, port, user: "u", database: "d", connectionTimeoutMillis: 200 },
    purpose: "test",
    tries: () => 1,
  });

/** Has every lookup end with these arguments, or never. */
const answer = (...result: unknown[]) =>
  jest.spyOn(dns, "lookup").mockImplementation(((...args: unknown[]) => {
    const callback = args.at(-1) as (...result: unknown[]) => void;
    if (result.length > 0) process.nextTick(() => callback(...result));
  }) as unknown as typeof dns.lookup);

test("a name server that never answers is told from a database that does not", async () => {
  answer();
  await expect(attempt()).rejects.toMatchObject({
    exitCode: EXIT.unreachable,
    message: expect.stringMatching(
      /^The database d on postgres\.example:5432 was not reachable, tried once; at last: no name server answered within 0\.\d s for the host name postgres\.example\. The database has not been asked.*resolv\.conf.*`network\.dns` of the stage.*operations\.md\.$/,
    ),
  });
});

test("so is one that cannot answer now", async () => {
  answer(Object.assign(new Error("getaddrinfo EAI_AGAIN postgres.example"), { code: "EAI_AGAIN" }));
  await expect(attempt()).rejects.toMatchObject({
    exitCode: EXIT.unreachable,
    message: expect.stringMatching(/at last: getaddrinfo EAI_AGAIN .*\. The database has not been asked/),
  });
});

test("a server that was found and says nothing is not blamed on the name servers", async () => {
  const sockets: Socket[] = [];
  const server = await new Promise<Server>((resolve) => {
    const listening = createServer((socket) => sockets.push(socket)).listen(0, "127.0.0.1", () => resolve(listening));
  });
  answer(null, [{ address: "127.0.0.1", family: 4 }]);
  const { port } = server.address() as { port: number };
  await expect(attempt(port)).rejects.toMatchObject({
    exitCode: EXIT.unreachable,
    message: expect.stringMatching(/at last: timeout expired\. Check that it runs, its host and port/),
  });
  for (const socket of sockets) socket.destroy();
  server.close();
});
