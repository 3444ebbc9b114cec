// @vitest-environment jsdom
import { expect, it } from "vitest";
import { split, splitOf } from "./states";

const figures = [
  { area: "C1", column: "dark", value: null }, { area: "C1", column: "lived_in", value: 50 }, { area: "C1", column: "", value: 70 },
  { area: "C1", column: "micro", value: null }, { area: "", column: "", value: 200 }, { area: "", column: "lived_in", value: 200 },
];

it("puts the lit ones first and says how many are held back together", () => {
  expect(splitOf(figures, "C1")).toEqual({
    parts: [{ state: "lived_in", homes: 50 }, { state: "micro", homes: null }, { state: "dark", homes: null }], total: 70, rest: 20,
  });
  expect(splitOf(figures, "")).toEqual({ parts: [{ state: "lived_in", homes: 200 }], total: 200, rest: null });
});

it("never makes a total of what is not whole", () => {
  expect(split({ lived_in: 30, dark: null }, null)).toMatchObject({ total: null, rest: null });
  expect(split({ lived_in: 30, dark: 20 }, null)).toMatchObject({ total: 50, rest: null });
  expect(split({}, null)).toEqual({ parts: [], total: 0, rest: null });
});
