import { parseE2eArguments } from "./arguments";

const parse = (...args: string[]) => parseE2eArguments(args, ["synth", "network"]);

test("by default builds, runs every case in dev's own namespace, and keeps nothing", () =>
  expect(parse()).toEqual({ cases: [], all: false, record: false, build: true, keep: false }));

test("takes a namespace, cases, and what not to do", () =>
  expect(parse("--namespace", "mine", "--case", "synth", "--case=network", "--no-build", "--keep")).toEqual({
    namespace: "mine",
    cases: ["synth", "network"],
    all: false,
    record: false,
    build: false,
    keep: true,
  }));

test("takes --all, which cases named by hand do not need", () => {
  expect(parse("--all")).toMatchObject({ all: true, record: true, cases: [] });
  expect(() => parse("--all", "--case", "synth")).toThrow("leave --all out");
});

test("records the cases that ran where it is asked to", () =>
  expect(parse("--record", "--case", "synth")).toMatchObject({ all: false, record: true, cases: ["synth"] }));

test("--help asks for help", () => expect(parse("--help")).toBeUndefined());

test("names everything that is wrong at once", () =>
  expect(() => parse("--case", "netwrok", "--namespace", "Mine", "--fast", "now", "--build", "--no-build")).toThrow(
    [
      "--fast is not an option. Did you mean --case?",
      '"now" is one word too many.',
      '--case is "netwrok"; it takes one of synth, network. Did you mean network?',
      '--namespace is "Mine". Use at most 42 lower-case letters, digits and hyphens.',
      "--build and --no-build are both given. Choose one.",
    ].join("\n"),
  ));

test.each([["--namespace"], ["--namespace="], ["--case"]])("refuses %s without a value", (option) =>
  expect(() => parse(option)).toThrow(),
);
