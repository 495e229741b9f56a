import { strict as assert } from "node:assert";
import { DATA_SVC } from "../../../lib/contract";
import { type Case, Skip } from "../case";

/** Prints for each address what came of a connection. */
const CONNECT = `
for (const host of ["127.0.0.1", "::1"]) {
  const socket = require("net").connect(${DATA_SVC.port}, host);
  socket.on("connect", () => { console.log(host, "connected"); socket.end(); });
  socket.on("error", ({ code }) => console.log(host, code));
}`;

export const ipv6: Case = {
  name: "ipv6",
  title: "data-svc accepts connections over IPv6 and IPv4",
  async run(e2e) {
    const exec = ["exec", `deployment/${DATA_SVC.name}`, "--", "node", "-e", CONNECT];
    const answers = (await e2e.kubectl.run(exec)).trim().split("\n").sort();
    e2e.evidence(answers.join("\n"));
    if (answers.some((answer) => /^::1 (?:EADDRNOTAVAIL|EAFNOSUPPORT)$/.test(answer))) {
      throw new Skip("pods have no IPv6 here");
    }
    assert.deepEqual(answers, ["127.0.0.1 connected", "::1 connected"]);
  },
};
