import { expect, test } from "vitest";
import { later, squares, step } from "./heat";

test("a square is as lit as its share of valid days", () => {
  expect([1, 0.99, 0.98, 0.95, 0.9, 0.8, 0.5, 0.49, 0].map(step)).toEqual([4, 4, 3, 3, 2, 2, 1, 0, 0]);
});

test("what is missing is told in figures, rounded down; what is fine is not", () => {
  const [good, low, nothing, none] = squares("2024-02-28", [1, 0.949, 0, null]);
  expect([good!.told, low!.told, nothing!.told, none!.told]).toEqual(["", "94", "0", ""]);
  expect(none!.step).toBeNull();
  expect([good!.day, none!.day]).toEqual(["2024-02-28", "2024-03-02"]);
});

test("days go on over the change of clocks", () => {
  expect(later("2024-03-30", 2)).toBe("2024-04-01");
});
