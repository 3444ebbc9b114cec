import { expect, it } from "vitest";
import { cellsOf, heatDays, meanOf, quarters, runOf, slotsOf, slotTime, topOf, type Heat, type HomeDay } from "./home";

const day = (at: number, state: string, kwh: number | null) => ({ day: `2026-03-0${at}`, state, kwh }) as HomeDay;

it("says since when a home is as it is", () => {
  expect(runOf([day(1, "lived_in", 5), day(2, "micro", 0.1), day(3, "micro", null)])).toEqual({ state: "micro", since: "2026-03-02", nights: 2 });
  expect(runOf([day(1, "dark", 0)])).toEqual({ state: "dark", since: "2026-03-01", nights: 1 });
  expect(runOf([])).toBeNull();
});

it("means over what was read alone", () => {
  expect(meanOf([day(1, "low", 1), day(2, "low", null), day(3, "low", 2)])).toBe(1.5);
  expect(meanOf([day(1, "unknown", null)])).toBeNull();
});

const heat: Heat = { first: "2026-03-28", minutes: 360, rows: [[0.1, 0.2, null, 0.4], [], [1, 1, 1, 1, 1]] };

it("names the days and the slots of a heat map, whatever the clocks did", () => {
  expect(heatDays(heat)).toEqual(["2026-03-28", "2026-03-29", "2026-03-30"]);
  expect(slotsOf(heat)).toBe(5);
  expect([slotTime(0, 30), slotTime(25, 30), slotTime(95, 15)]).toEqual(["00:00", "12:30", "23:45"]);
});

it("draws what was read and leaves out what was not", () => {
  const cells = cellsOf(heat);
  expect(cells).toHaveLength(8);
  expect(cells[2]).toEqual([3, 0, 0.4]);
});

it("lets no single slot darken all others, and never divides by nothing", () => {
  const cells = Array.from({ length: 100 }, (_, at): [number, number, number] => [at, 0, at === 99 ? 50 : 0.2]);
  expect(topOf(cells, 0.98)).toBe(0.2);
  expect(topOf([])).toBe(0.01);
});

it("sums a day up by quarters", () => {
  expect(quarters([1, 1, 2, 2, null, null, 4, null])).toEqual([2, 4, null, 4]);
  expect(quarters([])).toEqual([null, null, null, null]);
});
