import { connect, createServer, type Socket } from "node:net";
import { freePort } from "../../../lib/local/embedded-postgres";

/** A way to the server on which bytes vanish and no connection ends, as when a node is lost. */
export interface LossyWay {
  readonly port: number;
  /** Whether bytes pass on a connection, by the answers that came on it, its greeting among them. */
  passes: (answers: number) => boolean;
  /** Whether the connection that asks this is cut when the server has answered, so that the answer is lost. */
  cutsAfter: (asked: Buffer) => boolean;
  /** The URL of a database by this way. */
  to(url: string): string;
  close(): void;
}

/** ReadyForQuery, which ends each of the server's answers, up to the state of the transaction. */
const END_OF_ANSWER = Buffer.from("Z\0\0\0\x05", "latin1");

/** Opens the way. At first everything passes. */
export async function lossyWay(target: number): Promise<LossyWay> {
  const sockets: Socket[] = [];
  const port = await freePort();
  const server = createServer((incoming) => {
    const outgoing = connect(target, "127.0.0.1");
    let answers = 0;
    const pass = (to: Socket) => (chunk: Buffer) => way.passes(answers) && to.write(chunk);
    let cut = false;
    incoming.on("data", (chunk: Buffer) => {
      cut ||= way.cutsAfter(chunk);
      pass(outgoing)(chunk);
    });
    outgoing.on("data", (chunk: Buffer) => {
      const ends = chunk.includes(END_OF_ANSWER);
      if (cut && ends) incoming.destroy();
      else pass(incoming)(chunk);
      if (ends) answers += 1;
    });
    for (const [from, to] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      from.on("close", () => to.destroy());
      from.on("error", () => to.destroy());
      sockets.push(from);
    }
  });
  const way: LossyWay = {
    port,
    passes: () => true,
    cutsAfter: () => false,
    to: (url) => Object.assign(new URL(url), { port: String(port) }).href,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return way;
}
