import { makePages, readPage } from "../../scripts/docs/pages";
import { circleOf, roomImports } from "../../scripts/docs/rooms";

const RENEW = "It is stale: run `npm run docs`, and read what changed.";

test("every page that is made from the code is as the code makes it", async () => {
  const stale: Record<string, string> = {};
  for (const [name, text] of await makePages()) if (readPage(name) !== text) stale[`docs/${name}`] = RENEW;
  expect(stale).toEqual({});
});

describe("the rooms of lib", () => {
  test("import from one another without a circle", () => {
    expect(circleOf(roomImports())).toBeUndefined();
  });

  test("are all there, with the imports that are loaded later and those of types", () => {
    const imports = roomImports().map(({ from, to }) => `${from} → ${to}`);
    expect(imports).toEqual(expect.arrayContaining(["migrate → roles", "roles → migrator", "app → charts"]));
  });

  test("a circle is named by its rooms", () => {
    const imports = [
      { from: "a", to: "b" },
      { from: "b", to: "c" },
      { from: "c", to: "b" },
    ];
    expect(circleOf(imports)).toEqual(["b", "c", "b"]);
  });
});
