import { createColors } from "picocolors";
import { createProgress } from "../../lib/local/progress";
import { renderFinding } from "../../lib/local/report";

function recorder(isTTY: boolean) {
  let text = "";
  return {
    isTTY,
    write: (part: string) => {
      text += part;
    },
    text: () => text,
  };
}

const plain = createColors(false);

describe("without a terminal", () => {
  test("a step is one plain line with its time and remark", async () => {
    const output = recorder(false);
    const result = await createProgress(output, plain).step("Boil water", async (note) => {
      note("2 cups");
      return 42;
    });
    expect(result).toBe(42);
    expect(output.text()).toMatch(/^✔ Boil water +\d\.\d\d s {2}2 cups\n$/);
  });

  test("a failed step is marked, and its error passed on", async () => {
    const output = recorder(false);
    const failing = createProgress(output, plain).step("Boil water", () => Promise.reject(new Error("no fire")));
    await expect(failing).rejects.toThrow("no fire");
    expect(output.text()).toMatch(/^✖ Boil water +\d\.\d\d s\n$/);
  });
});

test("on a terminal a spinner is drawn over, and its line replaced by the result", async () => {
  const output = recorder(true);
  const boiled = new Promise<void>((resolve) => {
    const write = output.write;
    output.write = (part) => {
      write(part);
      if (output.text().split("Boil water").length > 2) resolve();
    };
  });
  await createProgress(output, plain).step("Boil water", () => boiled);
  const drawn = output.text().split("\r\x1b[2K");
  expect(drawn.filter((line) => /^[⠋⠙⠹] Boil water/.test(line)).length).toBeGreaterThanOrEqual(2);
  expect(drawn.at(-1)).toMatch(/^✔ Boil water/);
});

test("a finding looks as psql shows it", () => {
  const rows = [
    { email: "a@x.co", active: true, seen: null },
    { email: "long@example.org", active: false, seen: { n: 1 } },
  ];
  expect(renderFinding({ command: "SELECT 1;", rows }, plain)).toBe(`SELECT 1;
 email            | active | seen
------------------+--------+---------
 a@x.co           | t      |
 long@example.org | f      | {"n":1}
(2 rows)
`);
});
