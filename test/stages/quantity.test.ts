import { parseMebibytes, parseQuantity } from "../../lib/stages/quantity";

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

test("memory is counted in MiB", () => {
  expect(parseMebibytes("1Gi")).toBe(1024);
  expect(parseMebibytes("lots")).toBeUndefined();
});
