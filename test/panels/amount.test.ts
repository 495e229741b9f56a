import type { Unit } from "../../lib/monitoring/dashboard";
import { amountOf } from "../../lib/panels/amount";

test.each<[number, Unit, string]>([
  [7, "none", "7"],
  [1, "bool_yes_no", "Yes"],
  [0, "bool_yes_no", "No"],
  [123, "short", "123"],
  [9999, "short", "9999"],
  [12_345, "short", "12.3 k"],
  [2_500_000, "short", "2.5 M"],
  [0.423_456, "reqps", "0.423 req/s"],
  [1234.5, "ops", "1230 ops/s"],
  [0.985, "percentunit", "98.5 %"],
  [0, "percentunit", "0 %"],
  [0, "s", "0 s"],
  [0.004_2, "s", "4.2 ms"],
  [0.000_05, "s", "0.05 ms"],
  [1.5, "s", "1.5 s"],
  [119, "s", "119 s"],
  [5400, "s", "90 min"],
  [9000, "s", "2.5 h"],
  [-7200, "s", "-2 h"],
  [89 * 86_400, "s", "89 d"],
  [512, "bytes", "512 B"],
  [1536, "bytes", "1.5 KiB"],
  [3 * 1024 ** 3, "bytes", "3 GiB"],
])("%d %s is %s", (value, unit, text) => expect(amountOf(value, unit)).toBe(text));
