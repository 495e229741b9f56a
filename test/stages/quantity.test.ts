import { canonicalQuantity, parseMebibytes, parseQuantity } from "../../lib/stages/quantity";

test.each([
  ["1", 1],
  ["500m", 0.5],
  ["1.5", 1.5],
  ["2k", 2000],
  ["1M", 1e6],
  ["256Mi", 268_435_456],
  ["10Gi", 10_737_418_240],
  ["1Ti", 1_099_511_627_776],
])("%s is %d", (quantity, amount) => expect(parseQuantity(quantity)).toBe(amount));

test.each(["", "x", "-1", "+1", "1 Gi", "10GB", "10gi", "Gi", "1e3", ".5", "5.", "1,5", "0x10", " 1"])(
  "%j is not a quantity",
  (quantity) => expect(parseQuantity(quantity)).toBeUndefined(),
);

test.each([
  ["1024Mi", "1Gi"],
  ["1Gi", "1Gi"],
  ["1536Mi", "1536Mi"],
  ["1.5Gi", "1536Mi"],
  ["2048Ki", "2Mi"],
  ["0.5", "500m"],
  ["1000m", "1"],
  ["1500m", "1500m"],
  ["25m", "25m"],
  ["24", "24"],
  ["1000", "1k"],
  ["1e3", "1e3"],
])("the API server writes %s as %s", (written, stored) => expect(canonicalQuantity(written)).toBe(stored));

test("memory is counted in MiB", () => {
  expect(parseMebibytes("1Gi")).toBe(1024);
  expect(parseMebibytes("lots")).toBeUndefined();
});
