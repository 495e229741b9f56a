import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { type DelayProxy, startProxy } from "../../bench/migrate/proxy";

const DELAY = 20;
let server: Server;
let proxy: DelayProxy;
let client: Socket;

beforeEach(async () => {
  // Answers each line with itself.
  server = createServer((socket) => socket.pipe(socket)).listen(0, "127.0.0.1");
  await once(server, "listening");
  proxy = await startProxy((server.address() as AddressInfo).port, DELAY);
  client = connect({ port: proxy.port, host: "127.0.0.1", noDelay: true });
  await once(client, "connect");
});

afterEach(async () => {
  client.destroy();
  await proxy.close();
  await new Promise((resolve) => server.close(resolve));
});

/** Sends all `messages` at once and resolves with what came back, when it is as long. */
async function exchange(...messages: string[]): Promise<string> {
  const wanted = messages.join("");
  for (const message of messages) {
    client.write(message);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  let answer = "";
  while (answer.length < wanted.length) answer += (await once(client, "data"))[0];
  return answer;
}

test("adds its delay to a round trip", async () => {
  // Timers of one process go off in their order, however slow it is.
  let over = false;
  setTimeout(() => (over = true), DELAY);
  await exchange("a");
  expect(over).toBe(true);
});

test("counts a round trip for each message that waits for the last one's answer", async () => {
  await exchange("a");
  await exchange("b");
  expect(proxy.count()).toEqual({ connections: 1, roundTrips: 2 });
  expect(proxy.count()).toEqual({ connections: 0, roundTrips: 0 });
});

test("keeps the order of messages that do not wait, and counts them once", async () => {
  expect(await exchange("a", "b", "c")).toBe("abc");
  expect(proxy.count().roundTrips).toBe(1);
});

test("passes on that a side has ended", async () => {
  const heard = Promise.all([once(client, "data"), once(client, "end")]);
  client.end("last words");
  const [[answer]] = await heard;
  expect(String(answer)).toBe("last words");
});
