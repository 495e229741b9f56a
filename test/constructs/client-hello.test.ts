import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { clientHello, octal, SSL_REQUEST } from "../../lib/constructs/client-hello";
import { issueTls } from "../../lib/secrets/issue";
import { usePostgres } from "../support/postgres";
import { secured } from "../support/tls";

const postgres = usePostgres();

test("a server with TLS 1.2 answers it with its certificate in clear", async () => {
  const { server } = await issueTls(["postgres"], new Date());
  await secured(postgres, server);
  const der = new X509Certificate(server.certificate).raw;
  expect((await shown(postgres.server.port)).includes(der)).toBe(true);

  const { server: another } = await issueTls(["postgres"], new Date());
  expect((await shown(postgres.server.port)).includes(new X509Certificate(another.certificate).raw)).toBe(false);
});

test("printf takes every byte", () => expect(octal(Buffer.from([0, 9, 255]))).toBe("\\000\\011\\377"));

/** TLS 1.2's message of type 14, without content: the server waits for the client. */
const SERVER_HELLO_DONE = Buffer.from([14, 0, 0, 0]);

/** All that the server says before it waits for the client. */
async function shown(port: number): Promise<Buffer> {
  const socket = connect(port, "127.0.0.1");
  socket.write(SSL_REQUEST);
  let said: Buffer = (await once(socket, "data"))[0];
  // It refuses what comes before its consent.
  socket.write(clientHello());
  while (!said.subarray(-4).equals(SERVER_HELLO_DONE)) said = Buffer.concat([said, (await once(socket, "data"))[0]]);
  socket.destroy();
  return said;
}
