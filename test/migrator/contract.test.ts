import { isContract } from "../../lib/common/contract-mark";
import { EXIT } from "../../lib/contract";
import { lint } from "../../lib/migrator/lint/lint";
import { usePostgres } from "../support/postgres";
import { migrateHere } from "./support/command";
import { failure, migratorFor, recorded } from "./support/database";
import { makeFolder, pairs } from "./support/folder";

const postgres = usePostgres();

const CONTRACT = "-- Why: nobody reads it.\n-- contract: since 1.4\n";

/** Expand, expand, contract, contract. */
const FOLDER = pairs({
  "1_t": "create table t (a int, b int, c int);",
  "2_d": "alter table t add column d int;",
  "3_no_a": `${CONTRACT}alter table t drop column a;`,
  "4_no_b": `${CONTRACT}alter table t drop column b;`,
});

describe("the mark", () => {
  test.each([
    ["alone", "-- contract\ndrop table t;", true],
    ["with a reason, behind other comments", "-- Why: x\n\n  -- contract: since 1.4\ndrop table t;", true],
    ["with Windows' line ends", "-- Why: x\r\n-- Contract\r\ndrop table t;", true],
    ["within a sentence", "-- A contract: read it.\n-- contract of 1.4\ndrop table t;", false],
    ["below a statement", "drop table t;\n-- contract\n", false],
    ["in a block comment", "/*\n-- contract\n*/\ndrop table t;", false],
  ])("%s", (_, text, expected) => expect(isContract(text)).toBe(expected));
});

test("before the rollout `up` leaves the newest contract migrations and names them; afterwards it runs them", async () => {
  const url = await postgres.createDatabase();
  const environment = { DATABASE_URL: url, MIGRATIONS_DIR: makeFolder(FOLDER) };
  const first = await migrateHere(["up", "--before-contract"], environment);
  expect(first).toMatchObject({
    code: EXIT.ok,
    stdout: expect.stringContaining("Left for a later up: 3_no_a, 4_no_b"),
  });
  expect(await recorded(postgres, url)).toMatchObject({ version: "2,false" });
  expect((await migrateHere(["plan", "--before-contract"], environment)).stdout).toContain("nothing is pending");
  expect((await migrateHere(["plan"], environment)).stdout).toContain("(one transaction; contract: after the rollout)");
  expect(await migrateHere(["up"], environment)).toMatchObject({ code: EXIT.ok });
  expect(await recorded(postgres, url)).toMatchObject({ version: "4,false" });
  const again = await migrateHere(["up", "--before-contract"], environment);
  expect(again).toMatchObject({ code: EXIT.ok, stdout: expect.stringContaining("Nothing to do") });
});

describe("a contract migration of an earlier release, below what this one needs,", () => {
  const later = () => makeFolder({ ...FOLDER, ...pairs({ "5_e": "alter table t add column e int;" }) });

  test("runs on a new database", async () => {
    const url = await postgres.createDatabase();
    await migratorFor(url, later()).up({ beforeContract: true });
    expect(await recorded(postgres, url)).toMatchObject({ version: "5,false" });
  });

  test("is refused where a release before may be at work, with the way on", async () => {
    const url = await postgres.createDatabase();
    await migratorFor(url, later()).up({ to: 3 });
    const { exitCode, message } = await failure(migratorFor(url, later()).up({ beforeContract: true }));
    expect(exitCode).toBe(EXIT.refused);
    expect(message).toMatch(/4_no_b\.up\.sql says `-- contract` and has not run.*run migrate up --to 4\./);
    expect(message).not.toContain("3_no_a");
    expect(await recorded(postgres, url)).toMatchObject({ version: "3,false" });
  });
});

test("a mark below the first statement is refused, since nothing reads it; one in a function's body is its own", async () => {
  const url = await postgres.createDatabase();
  const late = makeFolder(pairs({ "1_t": "create table t (a int);\n-- contract\nalter table t drop column a;" }));
  const { exitCode, message } = await failure(migratorFor(url, late).up());
  expect([exitCode, message]).toEqual([
    EXIT.refused,
    expect.stringMatching(/1_t\.up\.sql:2:1: `-- contract` counts only before the first statement/),
  ]);
  const body = makeFolder(pairs({ "1_t": "do $$\nbegin\n-- contract\nend $$;" }));
  await migratorFor(url, body).up();
  expect(await recorded(postgres, url)).toMatchObject({ version: "1,false" });
});

test("lint lets a contract migration break the release before, and nothing else", async () => {
  const drop = "create index on t (b);\nalter table t drop column a;";
  const rules = async (up: string) => {
    const directory = makeFolder(pairs({ "1_t": "create table t (a int, b int);", "2_drop": up }));
    const { files } = await lint({ directory });
    return files.flatMap(({ findings }) => findings.map(({ rule }) => rule));
  };
  expect(await rules(drop)).toEqual(["index-blocks-writes", "drop-column"]);
  expect(await rules(`-- contract\n${drop}`)).toEqual(["index-blocks-writes"]);
});
