import { parseSecretsArguments } from "../../lib/secrets/arguments";
import { personal } from "../support/stages";

const parse = (...args: string[]) => parseSecretsArguments(args, { dev: personal, prod: { clients: [] } });

test("reads each command", () => {
  expect(parse("rotate", "dev", "data_svc")).toEqual({
    command: "rotate",
    stage: "dev",
    what: "data_svc",
    deploy: true,
  });
  expect(parse("rotate", "dev", "tls", "--no-deploy")).toMatchObject({ what: "tls", deploy: false });
  expect(parse("rotate", "dev", "auth_svc")).toMatchObject({ what: "auth_svc" });
  expect(parse("show", "prod")).toEqual({ command: "show", stage: "prod" });
  expect(parse("check", "dev")).toEqual({ command: "check", stage: "dev" });
});

test("--help asks for help", () => expect(parse("--help")).toBeUndefined());

test("names everything that is wrong at once", () =>
  expect(() => parse("turn", "qa", "nobody", "twice", "--fast", "--no-deploy")).toThrow(
    [
      "--fast is not an option.",
      'There is no command "turn". The commands are rotate, show, check.',
      'There is no stage "qa". The stages are dev, prod.',
      'There is no secret "nobody". The secrets are superuser, migrator, data_svc, readonly, backup, monitor, retention, auth_svc, tls, data-svc-tls.',
      '"twice" is one word too many.',
      "--no-deploy belongs to rotate.",
    ].join("\n"),
  ));

test.each<[string[], string]>([
  [["rotate", "dev"], "Say what to rotate: superuser,"],
  [
    ["rotate", "prod", "auth_svc"],
    'prod has no secret "auth_svc", which another stage has. Its secrets are superuser,',
  ],
  [["check", "dev", "tls"], 'check looks at all of them; leave "tls" out.'],
  ...["true", "false", "maybe"].map((value): [string[], string] => [
    ["rotate", "dev", "readonly", `--no-deploy=${value}`],
    "--no-deploy takes no value: write it alone, or leave it out.",
  ]),
  [[], "No command is named."],
])("%j is refused", (args, message) => expect(() => parse(...args)).toThrow(message));
