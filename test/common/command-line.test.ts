import { commandLine, parseCommandLine, UsageError } from "../../lib/common/command-line";
import { usageText } from "../../lib/common/command-line/help";
import { runProgram } from "../../lib/common/command-line/program";
import { keepingTerminal } from "../support/terminal";

const SEND = commandLine({
  name: "send",
  start: "npm run send --",
  description: "Sends letters.",
  options: {
    yes: { type: "boolean", short: "y", help: "Do not ask." },
    to: { type: "string", placeholder: "CITY", help: "Where to.", choices: ["berlin", "paris"] },
    stamp: { type: "string", placeholder: "NAME", help: "A stamp; may be repeated.", multiple: true },
    port: {
      type: "number",
      placeholder: "PORT",
      least: 1,
      most: 65535,
      takes: "a port from 1 to 65535",
      help: "Port.",
    },
    tries: { type: "number", placeholder: "N", least: 1, default: 3, help: "How often." },
    wait: {
      type: "number",
      placeholder: "SECONDS",
      least: 0,
      most: 60,
      fraction: true,
      unit: "seconds",
      help: "Pause.",
    },
  },
  operands: [
    { name: "KIND", help: "What to send.", choices: ["letter", "parcel"] },
    { name: "FILES", help: "Its pages.", many: true, optional: true },
  ],
  notes: "Exit codes: 0 sent.",
});
const send = (...args: string[]) => parseCommandLine(SEND, args);

const DEFAULTS = { yes: false, stamp: [], tries: 3, FILES: [] };

function problemsOf(parse: () => unknown): readonly string[] {
  try {
    parse();
  } catch (error) {
    if (error instanceof UsageError) return error.problems;
    throw error;
  }
  return [];
}

describe("values", () => {
  test("have their defaults if nothing but what is needed is given", () =>
    expect(send("letter")).toEqual({ ...DEFAULTS, KIND: "letter" }));

  test("have the types that were declared", () =>
    expect(
      send("-y", "--to=paris", "parcel", "--stamp", "a", "--stamp", "b", "--port", "80", "--wait", "0.5", "1", "2"),
    ).toEqual({
      ...{ yes: true, to: "paris", stamp: ["a", "b"], port: 80, tries: 3, wait: 0.5 },
      ...{ KIND: "parcel", FILES: ["1", "2"] },
    }));

  test("are the last ones given where an option is not to be repeated", () =>
    expect(send("letter", "--to", "paris", "--to", "berlin")).toMatchObject({ to: "berlin" }));

  test("are words behind --, whatever they look like", () =>
    expect(send("letter", "--", "--to")).toMatchObject({ FILES: ["--to"] }));
});

test.each(["--help", "-h"])("%s asks for help, whatever else is given", (flag) =>
  expect(send("--nonsense", flag)).toBeUndefined(),
);

describe("a problem", () => {
  const cases: readonly (readonly [args: readonly string[], problem: string])[] = [
    [["letter", "--stmap", "x"], "--stmap is not an option. Did you mean --stamp?"],
    [["letter", "--constructor"], "--constructor is not an option."],
    [["letter", "-x"], "-x is not an option. Did you mean --to?"],
    [["letter", "--yes=false"], "--yes takes no value: write it alone, or leave it out."],
    [["letter", "--help="], "--help takes no value: write it alone, or leave it out."],
    [["letter", "--to"], "--to needs a value."],
    [["letter", "--to="], "--to needs a value."],
    [["letter", "--to", "pariss"], '--to is "pariss"; it takes one of berlin, paris. Did you mean paris?'],
    [["letter", "--port", "65536"], '--port is "65536"; it takes a port from 1 to 65535.'],
    [["letter", "--tries", "1.5"], '--tries is "1.5"; it takes a whole number of at least 1.'],
    [["letter", "--tries", "1e3"], '--tries is "1e3"; it takes a whole number of at least 1.'],
    [["letter", "--wait", "61"], '--wait is "61"; it takes seconds of at most 60.'],
    [["letter", "--wait", "-1"], '--wait is "-1"; it takes seconds of at least 0.'],
    [[], "No kind is named. The kinds are letter, parcel."],
    [["lettre"], 'There is no kind "lettre". Did you mean letter? The kinds are letter, parcel.'],
  ];
  test.each(cases)("of %j is told", (args, problem) => expect(problemsOf(() => send(...args))).toEqual([problem]));

  test("does not hide the others, nor the rules of the program", () => {
    const rules = ({ to, yes }: { to?: string; yes?: boolean }) => [`to is ${to}, yes is ${yes}`];
    const args = ["prcel", "--to", "rom", "--yes", "--nonsense", "--port=x"];
    expect(problemsOf(() => parseCommandLine(SEND, args, rules))).toEqual([
      "--nonsense is not an option.",
      'There is no kind "prcel". Did you mean parcel? The kinds are letter, parcel.',
      '--to is "rom"; it takes one of berlin, paris.',
      '--port is "x"; it takes a port from 1 to 65535.',
      "to is undefined, yes is true",
    ]);
  });

  const take = (operands: Parameters<typeof commandLine>[0]["operands"], oneOfSeveral: boolean, ...args: string[]) =>
    problemsOf(() =>
      parseCommandLine({ name: "take", oneOfSeveral, start: "", description: "", options: {}, operands }, args),
    );
  const pot = { name: "POT", help: "Which pot." };

  test("of a missing word says what it is for", () =>
    expect(take([pot], false)).toEqual(["take needs POT: Which pot."]));
  test("of a word too many says so", () => expect(take([], false, "x")).toEqual(['"x" is one word too many.']));
  test("of a second word names what there is one of", () =>
    expect(take([pot], false, "x", "y")).toEqual(['One pot at a time, but "y" follows.']));
  test("names the command where a program has several", () =>
    expect(take([], true, "--x")).toEqual(["--x is no option of take."]));
});

test("the help is made of the declaration", () =>
  expect(usageText(SEND)).toBe(`Usage: npm run send -- KIND FILES [options]

Sends letters.

  KIND   What to send.
  FILES  Its pages.

  -y, --yes       Do not ask.
  --to CITY       Where to.
  --stamp NAME    A stamp; may be repeated.
  --port PORT     Port.
  --tries N       How often. [3]
  --wait SECONDS  Pause.
  -h, --help      Print this text.

Exit codes: 0 sent.
`));

describe("a program", () => {
  const run = async (args: readonly string[], work: () => Promise<number> = async () => 7) => {
    const { terminal, printed } = keepingTerminal();
    const code = await runProgram(SEND, () => parseCommandLine(SEND, args), work, terminal);
    return { code, ...printed };
  };

  test("ends with the code of its work", async () =>
    expect(await run(["letter"])).toEqual({ code: 7, out: "", err: "" }));

  test("prints its help to standard output and ends with 0", async () =>
    expect(await run(["--help"])).toEqual({ code: 0, out: usageText(SEND), err: "" }));

  test("prints what is wrong and its help to standard error and ends with 2", async () => {
    const { code, out, err } = await run(["letter", "--nonsense"]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toBe(`--nonsense is not an option.\n\n${usageText(SEND)}`);
  });

  test("does the same for a problem that only its work finds", async () => {
    const shared = () => Promise.reject(new UsageError(["That city is shared."]));
    expect(await run(["letter"], shared)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^That city is shared\./),
    });
  });

  test("leaves every other failure to its caller", () =>
    expect(run(["letter"], () => Promise.reject(new TypeError("odd")))).rejects.toThrow("odd"));
});
