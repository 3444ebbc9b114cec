import { expect, it } from "vitest";
import { groupsOf, queryOf, settingsLines, stopsOf, triedIn, type Threshold } from "./thresholds";

const threshold = (name: string, value: number, low: number, high: number, unit = "share"): Threshold =>
  ({ name, value, default: value, low, high, unit, why: { zh: "因", en: "why" } });
const days = threshold("enter_days", 3, 1, 14, "days");
const dark = threshold("dark_kwh", 0.05, 0, 1, "kWh/day");
const rate = threshold("leave_rate", 0.01, 0.001, 0.2, "per day");
const all = [days, dark, rate];

it("stops at whole days where days are counted", () => {
  expect(stopsOf(days)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
});

it("always stops at both ends, at what is in force, at the default and at what a link says", () => {
  const odd = { ...dark, value: 0.037, default: 0.05 };
  const found = stopsOf(odd, 0.333, 7);
  for (const value of [0, 1, 0.037, 0.05, 0.333]) expect(found).toContain(value);
  expect(found).not.toContain(7);
  expect(found).toEqual([...found].sort((a, b) => a - b));
  expect(new Set(found).size).toBe(found.length);
});

it("walks a wide range by shares of itself, so that small values can be told apart", () => {
  const found = stopsOf(rate);
  expect(found.filter((value) => value < 0.01).length).toBeGreaterThan(30);
  expect(found).toContain(0.01);
});

it("writes no binary fractions", () => {
  for (const value of [...stopsOf(dark), ...stopsOf(rate)]) expect(String(value).length).toBeLessThan(9);
});

it("takes from an address what is known, may be tried and is not in force", () => {
  expect(triedIn({ enter_days: "5", dark_kwh: "9", leave_rate: "0.01", nonsense: "1" }, all)).toEqual({ enter_days: 5, dark_kwh: 1 });
  expect(triedIn({ enter_days: "many", dark_kwh: "", leave_rate: ["1"] }, all)).toEqual({});
});

it("gives what is tried back to the address, and keeps the rest of it", () => {
  expect(queryOf({ place: "D1", dark_kwh: "0.3" }, { enter_days: 5 }, all)).toEqual({ place: "D1", enter_days: "5" });
});

it("writes lines for lamplit.toml in the order of the thresholds", () => {
  expect(settingsLines({ dark_kwh: 0.1, enter_days: 5 }, all)).toBe("[detector]\nenter_days = 5\ndark_kwh = 0.1\n");
});

it("puts every threshold into one group, also one that is new to the page", () => {
  const groups = groupsOf([...all, threshold("brand_new", 1, 0, 2)]);
  expect(groups.map((group) => group.key)).toEqual(["call", "use", "habit", "other"]);
  expect(groups.flatMap((group) => group.thresholds)).toHaveLength(4);
});
