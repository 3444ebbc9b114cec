import { describe, expect, it } from "vitest";
import { CELL_W, buildingsOf, closedFront, floorLabel, frontOf, natural, type Door } from "./fronts";

const door = (unit: string, floor: number | null, number: string): Door => ({ place: `${unit}-${number}`, unit, floor, door: number });

describe("a building's front", () => {
  it("puts each door at a spot of its own, its floor's row and its unit's columns", () => {
    const doors = ["1", "2"].flatMap((unit) => [1, 2, 3].flatMap((floor) => [1, 2].map((n) => door(unit, floor, `${floor}0${n}`))));
    const front = frontOf(doors, 100);
    expect(front.panes).toHaveLength(12);
    expect(new Set(front.panes.map((one) => `${one.x}/${one.y}`)).size).toBe(12);
    expect(front.panes.map((one) => one.home)).toEqual(Array.from({ length: 12 }, (_, n) => 100 + n));
    expect(front.panes[0]).toMatchObject({ door: "301", unit: "1", at: { row: 0, unit: 0, column: 0 } });
    expect(front.panes.at(-1)).toMatchObject({ door: "102", unit: "2", at: { row: 2, unit: 1, column: 1 } });
    expect(front.rows.map((row) => row.label)).toEqual(["3", "2", "1"]);
  });

  it("leaves a gap where 502 is missing, and stacks 501 over 401", () => {
    const front = frontOf([door("1", 5, "501"), door("1", 5, "503"), door("1", 4, "401"), door("1", 4, "402"), door("1", 4, "403")]);
    const x = (number: string) => front.panes.find((one) => one.door === number)!.x;
    expect(x("503")).toBe(x("403"));
    expect(x("503") - x("501")).toBe(2 * CELL_W);
  });

  it("sorts by number: unit 10 after unit 2, floor 10 above floor 9", () => {
    expect(["10", "2", "1"].sort(natural)).toEqual(["1", "2", "10"]);
    const front = frontOf([door("10", 10, "1001"), door("2", 9, "901")]);
    expect(front.units.map((one) => one.name)).toEqual(["2", "10"]);
    expect(front.rows.map((row) => row.label)).toEqual(["10", "9"]);
  });

  it("draws a long run of bare floors as one break, names cellars, and knows no floor 0", () => {
    const front = frontOf([door("1", 20, "2001"), door("1", 1, "101"), door("1", -1, "B101")]);
    expect(front.rows.map((row) => row.label)).toEqual(["20", "⋮", "1", "B1"]);
    expect(floorLabel(-2)).toBe("B2");
  });

  it("gives doors without a floor rows of their own below", () => {
    const front = frontOf([door("1", 1, "101"), door("1", null, "shop"), door("1", null, "kiosk")]);
    expect(front.rows.filter((row) => row.kind === "loose")).toHaveLength(2);
    expect(new Set(front.panes.map((one) => `${one.x}/${one.y}`)).size).toBe(3);
  });

  it("survives hostile registries: the same door twice, no names, thousands on one floor", () => {
    const same = frontOf([door("", 1, "101"), door("", 1, "101"), { place: "x", unit: null, floor: 1, door: null }]);
    expect(new Set(same.panes.map((one) => one.x)).size).toBe(3);
    const many = frontOf(Array.from({ length: 3000 }, (_, n) => door("1", 1, String(n))));
    expect(many.panes).toHaveLength(3000);
  });

  it("is closed where no door is known, and as large as its homes", () => {
    const front = closedFront({ floors: 6, homes: 48 });
    expect(front.panes).toEqual([]);
    expect(front.rows).toHaveLength(6);
    expect(front.units[0]!.width).toBe(8 * CELL_W);
  });

  it("numbers homes through the buildings, without those that have none", () => {
    const plan = (code: string, doors: Door[]) => ({ place: code, code, name: code, floors: null, homes: doors.length, doors });
    const { buildings, homes } = buildingsOf([plan("B10", [door("1", 1, "101")]), plan("B2", [door("1", 1, "102")]), plan("B3", [])]);
    expect(buildings.map((one) => one.code)).toEqual(["B2", "B10"]);
    expect(homes).toEqual(["1-102", "1-101"]);
    expect(buildings[1]!.panes[0]!.home).toBe(1);
  });
});
