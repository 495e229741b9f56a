import { request } from "node:http";
import { connect } from "node:net";
import * as path from "node:path";
import { localPictures, type Page, servePage } from "../../lib/local/page";
import { FACTS, gather, type Source } from "../../lib/status/document";

let asked = 0;
let broken = false;
const source: Source = async () => ({ state: "ok", text: `Asked for the time ${asked}.` });
const sources = Object.fromEntries(FACTS.map((name) => [name, source])) as Record<(typeof FACTS)[number], Source>;

let page: Page;
beforeAll(async () => {
  page = await servePage({
    async status() {
      asked++;
      if (broken) throw new Error("the disk is gone");
      return await gather({ stage: "local" }, sources, { now: () => new Date(), seconds: 1 });
    },
    pictures: () => localPictures(path.resolve(__dirname, "../..")),
  });
});
afterAll(() => page.close());

interface Answer {
  readonly code: number | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** Asks as a browser does; `fetch` would not let a test choose the host. */
const ask = (target: string, { method = "GET", host = new URL(page.url).host } = {}) =>
  new Promise<Answer>((resolve, reject) => {
    const asking = request(new URL(target, page.url), { method, headers: { host } }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      response.once("end", () => resolve({ code: response.statusCode, headers: response.headers, body }));
    });
    asking.once("error", reject).end();
  });

test("it is served on loopback, for one person and one moment", async () => {
  expect(page.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  const { code, headers, body } = await ask("/");
  expect(code).toBe(200);
  expect(headers).toMatchObject({
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": "frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
  });
  expect(body).toContain("<h1>local at a glance</h1>");
  expect(body).toContain("The stage dev. ");
  expect(body.match(/<svg /g)).toHaveLength(2);
});

test("each request asks anew", async () => {
  const [one, other] = [await ask("/status.json"), await ask("/status.json")];
  const timesIn = ({ body }: Answer) => JSON.parse(body).facts[0].text;
  expect(timesIn(one)).toBe(`Asked for the time ${asked - 1}.`);
  expect(timesIn(other)).toBe(`Asked for the time ${asked}.`);
  expect(other.headers["content-type"]).toBe("application/json; charset=utf-8");
});

test("HEAD has the headers of GET and no page", async () => {
  const [head, get] = [await ask("/status.json", { method: "HEAD" }), await ask("/status.json")];
  expect(head).toMatchObject({ code: 200, body: "" });
  expect(head.headers["content-length"]).toBe(get.headers["content-length"]);
});

test.each(["POST", "PUT", "DELETE", "OPTIONS"])("%s is refused", async (method) => {
  expect(await ask("/", { method })).toMatchObject({ code: 405, headers: { allow: "GET, HEAD" } });
});

test.each(["/metrics", "/..%2fpackage.json", "/constructor", "/status.json/"])("there is no %s", async (target) => {
  expect(await ask(target)).toMatchObject({ code: 404 });
});

test.each(["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80"])(
  "the name %j, which leads here from a page elsewhere, is refused and nothing is asked",
  async (host) => {
    const before = asked;
    expect(await ask("/", { host })).toMatchObject({ code: 421 });
    expect(asked).toBe(before);
  },
);

test("this machine's other name is one", async () => {
  expect(await ask("/status.json", { host: `localhost:${new URL(page.url).port}` })).toMatchObject({ code: 200 });
});

test("a status that cannot be made is told", async () => {
  broken = true;
  const answer = await ask("/");
  broken = false;
  expect(answer).toMatchObject({ code: 500, body: "The page could not be made: the disk is gone\n" });
});

test("a port that is taken is told, and closing waits for nobody", async () => {
  const port = Number(new URL(page.url).port);
  const options = { port, status: async () => Promise.reject(new Error()), pictures: () => localPictures("") };
  await expect(servePage(options)).rejects.toThrow(/EADDRINUSE/);
  const { url, close } = await servePage({ ...options, port: 0 });
  const silent = connect(Number(new URL(url).port), "127.0.0.1");
  await new Promise((resolve) => silent.once("connect", resolve));
  silent.on("error", () => undefined);
  await close();
  await expect(fetch(url)).rejects.toThrow();
});
