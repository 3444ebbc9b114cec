// @vitest-environment jsdom
import { expect, it } from "vitest";
import { splitOf } from "./states";

const figure = (area: string, column: string, value: number | null, more: object = {}) => ({ area, column, value, partial: false, ...more });
const figures = [
  figure("C1", "dark", null), figure("C1", "lived_in", 50, { as_of: "2026-03-02" }), figure("C1", "", 66, { partial: true }),
  figure("C1", "low", 16, { as_of: "2026-02-27" }), figure("", "", 200), figure("", "lived_in", 200),
];

it("puts the lit ones first, tells what is not shown, and of which night the oldest figure is", () => {
  expect(splitOf(figures, "C1")).toEqual({
    parts: [{ state: "lived_in", homes: 50 }, { state: "low", homes: 16 }, { state: "dark", homes: null }],
    total: 66, partial: true, asOf: "2026-02-27",
  });
});

it("is whole where all is shown, and empty where nothing is", () => {
  expect(splitOf(figures, "")).toMatchObject({ total: 200, partial: false });
  expect(splitOf(figures, "C2")).toEqual({ parts: [], total: 0, partial: false, asOf: null });
});
