import { parseDeployArguments } from "../../lib/deploy/arguments";

const parse = (...args: string[]) => parseDeployArguments(args, ["dev", "prod"]);

test("takes a stage, whether it is meant, and the form of its output", () => {
  expect(parse("dev")).toEqual({ stage: "dev", yes: false, json: false });
  expect(parse("prod", "--yes", "--json")).toEqual({ stage: "prod", yes: true, json: true });
});

test("--help asks for help, whatever else is there", () => expect(parse("nonsense", "--help")).toBeUndefined());

test("lists the stages where none is named", () =>
  expect(() => parse()).toThrow("No stage is named. The stages are dev, prod."));

test("names everything that is wrong at once", () =>
  expect(() => parse("prd", "dev", "--force")).toThrow(
    /^--force is not an option\.\nThere is no stage "prd"\. Did you mean prod\? The stages are dev, prod\.\nOne stage .* "dev" follows\.$/,
  ));

test.each(["--yes=true", "--yes=false", "--yes="])("%s is refused", (flag) =>
  expect(() => parse("prod", flag)).toThrow("--yes takes no value: write it alone, or leave it out."),
);
