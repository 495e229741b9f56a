import { X509Certificate } from "node:crypto";
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

/** All that the server says before it waits for the client. */
async function shown(port: number): Promise<Buffer> {
  const socket = connect(port, "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => {
    // It refuses what comes before its consent.
    if (chunks.length === 0) socket.write(clientHello());
    chunks.push(chunk);
  });
  socket.write(SSL_REQUEST);
  await new Promise((resolve) => setTimeout(resolve, 500));
  socket.destroy();
  return Buffer.concat(chunks);
}
