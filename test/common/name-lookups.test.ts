import { EventEmitter } from "node:events";
import { LookupTimeoutError, NameLookups } from "../../lib/common/name-lookups";

const silence = new Error("timeout expired");

function watched(host: string) {
  const [lookups, socket] = [new NameLookups(), new EventEmitter()];
  return { lookups, socket, explained: lookups.watch(socket, host) };
}

test("an end before the name was known is the name servers'", () => {
  const { lookups, explained } = watched("postgres");
  expect(lookups.openFor(0)?.host).toBe("postgres");
  const error = explained(silence);
  expect(error).toBeInstanceOf(LookupTimeoutError);
  expect(error).toMatchObject({ code: "EAI_AGAIN", cause: silence });
  expect(error.message).toMatch(/^no name server answered within 0(\.\d)? s for the host name postgres$/);
  expect(lookups.openFor(0)).toBeUndefined();
});

test("an end after it was known is the server's", () => {
  const { lookups, socket, explained } = watched("postgres");
  socket.emit("lookup", null, "10.0.0.1", 4, "postgres");
  expect(explained(silence)).toBe(silence);
  expect(lookups.openFor(0)).toBeUndefined();
});

test.each(["10.0.0.1", "::1", "/var/run/postgresql"])("%s is not looked up", (host) => {
  const { lookups, explained } = watched(host);
  expect(lookups.openFor(0)).toBeUndefined();
  expect(explained(silence)).toBe(silence);
});

test("the oldest of several is told", () => {
  const lookups = new NameLookups();
  const first = new EventEmitter();
  lookups.watch(first, "first");
  lookups.watch(new EventEmitter(), "second");
  expect(lookups.openFor(0)?.host).toBe("first");
  first.emit("lookup");
  expect(lookups.openFor(0)?.host).toBe("second");
});

test("a lookup that has only begun explains nothing", () => {
  const { lookups } = watched("postgres");
  expect(lookups.openFor(60_000)).toBeUndefined();
});
