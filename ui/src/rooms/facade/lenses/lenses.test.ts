import { describe, expect, it, vi } from "vitest";
import { buildingsOf } from "../scene/fronts";
import { standingOn } from "../say";
import { campaignLens, coverageLens, doneHomes, doorsOf, keepersOf } from "./campaign";
import { counted, dayOf, lightsLens, nightsOf, plansOf, spotlit, toldLens, type Film } from "./lights";

// Words are for a browser; what is tested here has none.
vi.mock("@/language/words", () => ({ nameOf: (one: { code: string }) => one.code }));
vi.mock("@/language/domain", () => ({ word: (_table: string, value: string) => value }));

const home = (place: string, states: string, events: { day: string; kind: string; since: string }[] = []) =>
  ({ place_id: place, unit: "1", floor: 1, door: place, states, events });
const building = (code: string, more: object) => ({ place_id: code, code, name_zh: null, name_en: code, floors: 2, homes: 2, ...more });
const film = (buildings: object[], single = true) =>
  ({
    place_id: "c", first: "2026-02-27", last: "2026-03-02", single_homes: single,
    signs: { 0: "unknown", 1: "dark", 2: "micro", 3: "low", 4: "lived_in", a: "dark", d: "lived_in" }, buildings,
  }) as unknown as Film;

describe("the lights", () => {
  it("reads a sign a night, tells what was carried over, and ends a month rightly", () => {
    const nights = nightsOf(film([building("B1", { households: [home("x", "44a1"), home("y", "0d32")] })]), ["x", "y"]);
    expect(nights.count).toBe(4);
    expect([...nights.looks]).toEqual([4, 0, 4, 8, 5, 3, 1, 2]);
    const lens = lightsLens(film([]), nights);
    expect(lens.look(0, 3)).toBe(1);
    expect(lens.look(7, 9)).toBe(0);
    expect(dayOf(nights.first + 2)).toBe("2026-03-01");
  });

  it("counts what happened each night, and keeps a badge for some nights after", () => {
    const gone = { day: "2026-02-28", kind: "went_dark", since: "2026-02-27" };
    const nights = nightsOf(film([building("B1", { households: [home("x", "4111", [gone]), home("y", "4444")] })]), ["x", "y"]);
    expect(nights.ticks.map((one) => one.went_dark)).toEqual([0, 1, 0, 0]);
    expect([...nights.badges]).toEqual([0, 0, 2, 0, 2, 0, 2, 0]);
  });

  it("says since when a home is as it is, or that it was so before the film", () => {
    const nights = nightsOf(film([building("B1", { households: [home("x", "41a1"), home("y", "4444")] })]), ["x", "y"]);
    expect(standingOn(nights, 0, 3)).toMatchObject({ state: "dark", since: "2026-02-28", carried: false });
    expect(standingOn(nights, 0, 2)).toMatchObject({ state: "dark", since: "2026-02-28", carried: true });
    expect(standingOn(nights, 1, 3)).toMatchObject({ state: "lived_in", since: null, first: "2026-02-27" });
  });
});

describe("what is told of buildings", () => {
  const shown = () => film([
    building("B1", { homes: 40, showings: [
      { day: "2026-02-20", homes: 40, counts: { lived_in: 25, low: null, micro: null, dark: 15, unknown: 0 } },
      { day: "2026-03-01", homes: 40, counts: { lived_in: 40, low: 0, micro: 0, dark: 0, unknown: 0 } },
    ] }),
    building("B2", { homes: 9, showings: [] }),
  ], false);

  it("stands until the next showing, and shows no single window", () => {
    const { buildings } = buildingsOf(plansOf(shown()));
    const lens = toldLens(shown());
    expect(buildings.every((one) => !one.open)).toBe(true);
    expect(lens.gauge(buildings[0]!, 1)?.day).toBe("2026-02-20");
    expect(lens.gauge(buildings[0]!, 2)?.day).toBe("2026-03-01");
  });

  it("never takes what is held back for none", () => {
    const { buildings } = buildingsOf(plansOf(shown()));
    const sums = counted(toldLens(shown()), buildings, 0);
    expect(sums.held).toBe(9);
    expect(sums.looks.get(4)).toBe(25);
    expect(sums.looks.has(3)).toBe(false);
    expect(sums.hidden).toEqual(new Set([0, 1, 2, 3, 4]));
  });
});

describe("a campaign's doors", () => {
  const door = (place: string, status: string, covered: number[]) =>
    ({ place_id: place, door: place, status, outcome: null, owner: null, covered: covered.length > 0, covered_by: covered });
  const front = () =>
    ({
      campaign_id: "k", place_id: "c", counts: {}, people: [{ id: "p", name: "Wang" }, { id: "q", name: "Li" }],
      buildings: [{ place_id: "B1", code: "B1", name_en: "B1", name_zh: null, floors: 1, units: [
        { unit: "1", floors: [{ floor: 1, doors: [door("x", "done", [1]), door("y", "to_visit", []), door("z", "not_enrolled", [1])] }] }] }],
    }) as never;

  it("show their status by home, whatever the order of the scene", () => {
    const doors = doorsOf(front());
    const lens = campaignLens(doors, ["z", "x", "y", "gone"]);
    expect([0, 1, 2, 3].map((one) => lens.look(one, 0))).toEqual([10, 14, 11, 10]);
    expect(doneHomes(doors, ["z", "x", "y"])).toEqual(new Set([1]));
  });

  it("tell who covers them, and which nobody does", () => {
    const doors = doorsOf(front());
    expect(keepersOf(doors)).toEqual([{ id: "q", name: "Li", homes: 2, look: 24 }]);
    expect([0, 1, 2].map((one) => coverageLens(doors, ["x", "y", "z"]).look(one, 0))).toEqual([24, 20, 24]);
  });

  it("step back where others are pointed out", () => {
    const lens = campaignLens(doorsOf(front()), ["x", "y", "z"]);
    expect(spotlit(lens, new Set())).toBe(lens);
    const only = spotlit(lens, new Set([11]));
    expect([0, 1, 2].map((one) => only.look(one, 0))).toEqual([21, 11, 21]);
    expect(only.key).not.toBe(lens.key);
  });
});
