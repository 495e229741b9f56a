import * as path from "node:path";
import { FormatRegistry } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { EVENT } from "../../lib/deploy/json-schema";
import { printerFor } from "../../lib/deploy/printer";

FormatRegistry.Set("date-time", (text) => !Number.isNaN(Date.parse(text)) && new Date(text).toISOString() === text);
const event = TypeCompiler.Compile(EVENT);

/** A printer on a stream that keeps what it gets. */
function keeping({ json = false, isTTY = false, columns = 40, terminal = "xterm" } = {}) {
  let text = "";
  const write = (more: string) => {
    text += more;
  };
  const printer = printerFor({ isTTY, columns, write }, { json, terminal });
  return { ...printer, taken: () => text.replaceAll("\r\x1b[2K", "<clear>") };
}

const waiting = { type: "waiting", object: "job/a", state: "running", seconds: 1.26, limit: 60 } as const;

describe("in a pipe", () => {
  test("each line is printed, and nothing that only passes by", () => {
    const { say, live, close, taken } = keeping();
    live("waiting: 1 s", waiting);
    say("waiting: 2 s", waiting);
    say("done");
    close();
    expect(taken()).toBe("waiting: 2 s\ndone\n");
  });

  test("a terminal that cannot clear a line is like a pipe", () => {
    const { say, taken } = keeping({ isTTY: true, terminal: "dumb" });
    say("waiting: 2 s", waiting);
    expect(taken()).toBe("waiting: 2 s\n");
  });
});

describe("on a terminal", () => {
  test("a wait is one line that changes, and gives way to what has happened", () => {
    const { say, live, close, taken } = keeping({ isTTY: true });
    live("waiting: 1 s", waiting);
    say("waiting: 2 s", waiting);
    say("  a log", { type: "log" });
    say("done");
    close();
    expect(taken()).toBe("<clear>waiting: 1 s<clear>waiting: 2 s<clear>  a log\nwaiting: 2 s<clear>done\n");
  });

  test("the line is cleared where something else is going to be written", () => {
    const { live, close, taken } = keeping({ isTTY: true });
    live("waiting", waiting);
    close();
    close();
    expect(taken()).toBe("<clear>waiting<clear>");
  });

  test("a terminal of unknown width counts as one of 80 columns", () => {
    const { live, taken } = keeping({ isTTY: true, columns: 0 });
    live("x".repeat(100), waiting);
    expect(taken()).toBe(`<clear>${"x".repeat(79)}`);
  });

  test("a line never wraps, and has no control characters of the cluster's", () => {
    const { live, taken } = keeping({ isTTY: true, columns: 12 });
    live("one\ntwo three four", waiting);
    expect(taken()).toBe("<clear>one\\u000atw");
  });
});

describe("for a program", () => {
  const printed = (work: (printer: ReturnType<typeof keeping>) => void) => {
    const printer = keeping({ json: true, isTTY: true });
    work(printer);
    return printer
      .taken()
      .trimEnd()
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  };

  test("each line is an object by the schema", () => {
    const lines = printed(({ say, live }) => {
      live("applying a.yaml", { type: "applying", object: "a.yaml" });
      live("waiting again", waiting);
      say("waiting for job/a", waiting);
      say("  a log", { type: "log", object: "job/a" });
      say("anything");
    });
    expect(lines.map(({ time, ...rest }) => rest)).toEqual([
      { type: "applying", object: "a.yaml", message: "applying a.yaml" },
      { type: "waiting", object: "job/a", state: "running", seconds: 1.3, limit: 60, message: "waiting for job/a" },
      { type: "log", object: "job/a", message: "a log" },
      { type: "message", message: "anything" },
    ]);
    for (const line of lines) expect([...event.Errors(line)]).toEqual([]);
  });

  test("the schema refuses what nothing prints", () => {
    const [line] = printed(({ say }) => say("x"));
    expect(event.Check(line)).toBe(true);
    for (const wrong of [{}, { ...line, type: "nothing" }, { ...line, more: 1 }, { ...line, time: "now" }])
      expect(event.Check(wrong)).toBe(false);
  });
});

test("docs/deploy.schema.json is what this release prints", () =>
  expect(`${JSON.stringify(EVENT, null, 2)}\n`).toMatchFile(path.resolve(__dirname, "../../docs/deploy.schema.json")));
