import { spawnSync } from "node:child_process";
import * as path from "node:path";

const ROOT = path.join(__dirname, "../..");
const pin = (...args: string[]) =>
  spawnSync(process.execPath, ["--import", "tsx", "scripts/pin.ts", ...args], { cwd: ROOT, encoding: "utf8" });

test("--help is an answer, and nothing to pin is a mistake", () => {
  expect(pin("--help")).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Usage: npm run pin/), stderr: "" });
  expect(pin()).toMatchObject({
    status: 2,
    stdout: "",
    stderr: expect.stringMatching(/^pin needs IMAGES: .*\n\nUsage: npm run pin/),
  });
});

test("what cannot be pinned is refused without a stack trace", () =>
  expect(pin("nonsense")).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/does not name a tag and a digest(?!.*\n {4}at )/s),
  }));
