import { readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import { servePage } from "../../lib/local/page";
import { topologyOf } from "../../lib/pictures/topology";
import { topologySvg } from "../../lib/pictures/topology-svg";
import { dev } from "../../lib/stages/dev";
import { prod } from "../../lib/stages/prod";
import { FACTS, type Status } from "../../lib/status/document";
import { statusPage } from "../../lib/status/page";
import { temporaryFolder } from "../support/temporary-folder";
import { Chromium, lacksChromium, type Screen } from "./support/chromium";
import { contrast, type DrawnText, SIZES, type Sizes, TEXTS } from "./support/look-at-page";
import { describeUnless } from "./support/programs";

/** Long words, hostile ones, and each state. */
const STATUS: Status = {
  stage: "prod",
  context: "arn:aws:eks:eu-central-1:123456789012:cluster/diabrisk-production-frankfurt",
  namespace: "diabrisk",
  at: "2026-11-30T16:40:00.000Z",
  result: "failed",
  facts: FACTS.map((name, index) => ({
    name,
    state: (["failed", "warning", "unknown", "ok"] as const)[index % 4] ?? "ok",
    text: `postgres-0: Back-off pulling image "registry.example/${"postgres".repeat(12)}:16.14-alpine" <script>document.title = "taken"</script>`,
    details: [
      "data-svc-6d9f7c-2xk4p: ready since 2026-11-27 16:40 UTC (3 d); 0 restarts",
      '<img src="https://evil.example/">',
    ],
    values: {},
  })),
};

const SCREENS: readonly Screen[] = [360, 1280].flatMap((width) =>
  (["light", "dark"] as const).map((colours) => ({ width, colours })),
);

describeUnless(lacksChromium, "the page of a status, in Chromium", () => {
  let browser: Chromium;
  let page: string;
  let url: string;

  function write(name: string, html: string): string {
    const file = path.join(temporaryFolder(), name);
    writeFileSync(file, html);
    return pathToFileURL(file).href;
  }

  beforeAll(async () => {
    const erd = readFileSync(path.resolve(__dirname, "../../docs/erd.svg"), "utf8");
    const topology = await topologySvg(topologyOf(prod));
    page = statusPage(STATUS, { stage: "prod", topology, erd });
    url = write("status.html", page);
    browser = Chromium.start();
  });
  afterAll(() => browser?.close());

  describe.each(SCREENS)("$width pixels wide, $colours", (screen) => {
    test("asks for nothing but itself, runs nothing, and breaks no rule of its policy", async () => {
      const shown = await browser.open(url, screen);
      expect(await shown.evaluate("() => document.title")).toBe("prod: failed");
      expect(shown.requests.filter((address) => address !== "data:,")).toEqual([url]);
      expect(shown.complaints).toEqual([]);
    });

    test("needs no scrolling sideways, and shows both pictures in boxes of their own, large enough to read", async () => {
      const { scrollWidth, innerWidth, pictures, smallest } = await (await browser.open(url, screen)).evaluate<Sizes>(
        SIZES,
      );
      expect(innerWidth).toBe(screen.width);
      expect(scrollWidth).toBeLessThanOrEqual(innerWidth);
      expect(smallest).toBeGreaterThanOrEqual(14);
      expect(pictures).toHaveLength(2);
      for (const picture of pictures) {
        expect(picture).toMatchObject({ seen: true, width: expect.any(Number) });
        expect(picture.boxLeft + picture.boxWidth).toBeLessThanOrEqual(innerWidth);
        expect(Math.min(picture.width, picture.height)).toBeGreaterThan(300);
        expect(picture.lowest).toBeGreaterThanOrEqual(10);
      }
      expect(pictures[0]?.words).toEqual(expect.arrayContaining(["data-svc", "postgres", "volume data-postgres-0"]));
      expect(pictures[1]?.words).toEqual(expect.arrayContaining(["assessments", "users", "model_versions"]));
    });

    test("every text stands out from what is behind it by 4.5 to 1", async () => {
      const texts = await (await browser.open(url, screen)).evaluate<readonly DrawnText[]>(TEXTS);
      expect(texts.length).toBeGreaterThan(200);
      const faint = texts.filter(({ colour, behind }) => contrast(colour, behind) < 4.5);
      expect(faint).toEqual([]);
    });
  });

  test("light and dark differ, in the pictures, too", async () => {
    const colours = await Promise.all(
      (["light", "dark"] as const).map(async (choice) => {
        const texts = await (await browser.open(url, { width: 1280, colours: choice })).evaluate<readonly DrawnText[]>(
          TEXTS,
        );
        return texts.map(({ behind }) => (contrast(behind, "rgb(0, 0, 0)") > 10 ? "light" : "dark"));
      }),
    );
    expect(colours.map((each) => [...new Set(each)])).toEqual([["light"], ["dark"]]);
  });

  test("served on loopback it asks for nothing but itself either, by either name of this machine", async () => {
    const erd = readFileSync(path.resolve(__dirname, "../../docs/erd.svg"), "utf8");
    const pictures = { stage: "dev", topology: await topologySvg(topologyOf(dev)), erd };
    const served = await servePage({ status: async () => STATUS, pictures: async () => pictures });
    for (const name of ["127.0.0.1", "localhost"]) {
      const address = served.url.replace("127.0.0.1", name);
      const shown = await browser.open(address, { width: 360, colours: "light" });
      expect(await shown.evaluate("() => document.querySelectorAll('svg').length")).toBe(2);
      expect(shown.requests.filter((request) => request !== "data:,")).toEqual([address]);
      expect(shown.complaints).toEqual([]);
    }
    await served.close();
  });

  describe("something from elsewhere that slipped into it", () => {
    const SLIPPED = `<main><script>document.title = "taken"</script><img src="http://127.0.0.1:9/x.png" alt="">`;
    const screen = { width: 1280, colours: "light" } as const;

    test("is stopped by the page's own policy", async () => {
      const shown = await browser.open(write("slipped.html", page.replace("<main>", SLIPPED)), screen);
      expect(await shown.evaluate("() => document.title")).toBe("prod: failed");
      expect(shown.complaints).toEqual([
        expect.stringMatching(/inline script.*Content Security Policy/),
        expect.stringMatching(/127\.0\.0\.1:9\/x\.png.*Content Security Policy/),
      ]);
    });

    test("would be seen here without it", async () => {
      const open = page.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, "").replace("<main>", SLIPPED);
      const shown = await browser.open(write("open.html", open), screen);
      expect(await shown.evaluate("() => document.title")).toBe("taken");
      expect(shown.requests).toContain("http://127.0.0.1:9/x.png");
    });
  });
});
