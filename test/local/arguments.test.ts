import { parseArguments } from "../../lib/local/arguments";

test("without arguments nothing is kept and every port is free", () => {
  expect(parseArguments([])).toEqual({ keep: false });
});

test("reads every option", () => {
  expect(parseArguments(["--keep", "--database-port", "5433", "--service-port=8080", "--page-port=9090"])).toEqual({
    keep: true,
    databasePort: 5433,
    servicePort: 8080,
    pagePort: 9090,
  });
});

test("--help asks for help, whatever else is there", () => expect(parseArguments(["--kep", "--help"])).toBeUndefined());

test("names all that is wrong at once", () => {
  expect(() => parseArguments(["--kep", "now", "--database-port", "65536", "--service-port=http"])).toThrow(
    [
      "--kep is not an option. Did you mean --keep?",
      '"now" is one word too many.',
      '--database-port is "65536"; it takes a port from 1 to 65535.',
      '--service-port is "http"; it takes a port from 1 to 65535.',
    ].join("\n"),
  );
});

test("refuses one port for two servers", () => {
  expect(() => parseArguments(["--database-port", "9000", "--service-port", "9000"])).toThrow(/both 9000/);
  expect(() => parseArguments(["--keep", "--page-port", "9000", "--service-port", "9000"])).toThrow(
    "--service-port and --page-port are both 9000; give them two different ports.",
  );
});

test("refuses a port for a page that is not served", () => {
  expect(() => parseArguments(["--page-port", "9000"])).toThrow("--page-port goes with --keep.");
});

test.each(["--keep=false", "--keep=true", "--help="])("refuses the value in %s", (flag) => {
  expect(() => parseArguments([flag])).toThrow(/takes no value: write it alone, or leave it out/);
});
