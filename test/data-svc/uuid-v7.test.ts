import { uuidV7 } from "../../lib/data-svc/uuid-v7";

test("has the milliseconds, version 7, and the variant of RFC 9562", () => {
  // The time of the RFC's own example.
  expect(uuidV7(Date.parse("2022-02-22T19:22:22.000Z"))).toMatch(
    /^017f22e2-79b0-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
});

test("is of now, after those of earlier milliseconds, and made once", () => {
  const before = Date.now();
  const id = uuidV7();
  const time = Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16);
  expect(time).toBeGreaterThanOrEqual(before);
  expect(time).toBeLessThanOrEqual(Date.now());
  const ids = Array.from({ length: 1000 }, (_, millisecond) => uuidV7(millisecond));
  expect(ids).toEqual([...ids].sort());
  expect(new Set(Array.from({ length: 1000 }, () => uuidV7(0))).size).toBe(1000);
});
