import { describe, expect, it } from "vitest";
import { CLOSEST, between, fitted, held, nearer, overview, screenAt, worldAt } from "./camera";
import { moved, type Cursor } from "./cursor";
import { buildingsOf } from "./fronts";
import { hit, worldOf } from "./street";
import { sizeOf } from "./tiles";
import { chance } from "./scenery";

const town = (count: number) =>
  buildingsOf(Array.from({ length: count }, (_, n) => {
    const floors = 3 + ((n * 7) % 18);
    const doors = Array.from({ length: floors * 4 }, (_, at) => {
      const [floor, number] = [1 + Math.floor(at / 4), 1 + (at % 4)];
      return { place: `${n}/${at}`, unit: number < 3 ? "1" : "2", floor, door: `${floor}0${number}` };
    });
    return { place: `p${n}`, code: `B${n + 1}`, name: `Building ${n + 1}`, floors, homes: doors.length, doors };
  })).buildings;
const screen = { width: 1200, height: 600 };

describe("the street", () => {
  it("stands every building on the ground of its street, and none in another", () => {
    const world = worldOf(town(60), 2);
    expect(world.standing).toHaveLength(60);
    expect(world.streets.length).toBeGreaterThan(1);
    for (const street of world.streets) {
      let right = -Infinity;
      for (const one of street.standing) {
        expect(one.y + one.building.height).toBe(street.ground);
        expect(one.y).toBeGreaterThan(street.top);
        expect(one.x).toBeGreaterThan(right);
        right = one.x + one.building.width;
      }
    }
  });

  it("has more streets on a narrow screen", () => {
    expect(worldOf(town(40), 0.6).streets.length).toBeGreaterThan(worldOf(town(40), 3).streets.length);
  });

  it("finds the window under a finger, and its building in the gaps", () => {
    const world = worldOf(town(30), 2);
    for (const standing of world.standing) {
      for (const pane of standing.building.panes) {
        expect(hit(world, standing.x + pane.x + 20, standing.y + pane.y + 16)).toEqual({ standing, pane });
      }
      expect(hit(world, standing.x + 5, standing.y + standing.building.height - 5)?.pane).toBeNull();
    }
    expect(hit(world, -500, -500)).toBeNull();
  });

  it("is nothing, without harm, where there are no buildings", () => {
    expect(worldOf([], 2).standing).toEqual([]);
  });
});

describe("the camera", () => {
  const world = worldOf(town(60), 2);

  it("shows all of the world at first, with room for the names under it", () => {
    const camera = overview(world, screen);
    const [left, right] = [screenAt(camera, screen, world.left, 0).x, screenAt(camera, screen, world.right, 0).x];
    expect(left).toBeGreaterThanOrEqual(0);
    expect(right).toBeLessThanOrEqual(screen.width);
    const last = world.streets.at(-1)!;
    expect(screen.height - screenAt(camera, screen, 0, last.ground).y).toBeGreaterThanOrEqual(40);
    expect(screenAt(camera, screen, 0, world.top).y).toBeGreaterThanOrEqual(0);
  });

  it("keeps the spot under the pointer while it goes nearer", () => {
    const draw = chance(5);
    for (let n = 0; n < 200; n++) {
      const camera = { x: draw() * 5000, y: draw() * 2000, scale: 0.1 + draw() * 2 };
      const [px, py] = [draw() * screen.width, draw() * screen.height];
      const before = worldAt(camera, screen, px, py);
      const after = worldAt(nearer(camera, screen, 0.5 + draw(), px, py), screen, px, py);
      expect(after.x).toBeCloseTo(before.x, 5);
      expect(after.y).toBeCloseTo(before.y, 5);
    }
  });

  it("never leaves the world nor comes closer than it should", () => {
    const draw = chance(9);
    for (let n = 0; n < 300; n++) {
      const camera = held({ x: (draw() - 0.5) * 1e6, y: (draw() - 0.5) * 1e6, scale: draw() * 20 }, world, screen);
      expect(camera.scale).toBeLessThanOrEqual(CLOSEST);
      const seen = { left: worldAt(camera, screen, 0, 0), right: worldAt(camera, screen, screen.width, screen.height) };
      expect(seen.right.x).toBeGreaterThan(world.left);
      expect(seen.left.x).toBeLessThan(world.right);
      expect(held(camera, world, screen)).toEqual(camera);
    }
  });

  it("flies from one view to the other, ending exactly there", () => {
    const [from, to] = [overview(world, screen), fitted({ left: 0, right: 400, top: 0, bottom: 300 }, screen)];
    expect(between(from, to, 0)).toEqual(from);
    const end = between(from, to, 1);
    expect(end.scale).toBeCloseTo(to.scale, 9);
    expect(end.x).toBeCloseTo(to.x, 6);
    expect(end.y).toBeCloseTo(to.y, 6);
  });

  it("has bitmaps that are never stretched by more than the root of two", () => {
    for (let pixels = 0.02; pixels < 6; pixels *= 1.07) {
      expect(sizeOf(pixels)).toBeGreaterThanOrEqual(pixels * 0.999);
      expect(sizeOf(pixels)).toBeLessThanOrEqual(pixels * 1.4143);
    }
  });
});

describe("the keyboard", () => {
  const buildings = town(5);
  const at = (building: number, pane: number | null = null): Cursor => ({ building, pane });

  it("walks along the buildings and stops at both ends", () => {
    expect(moved(at(0), "ArrowLeft", buildings)).toEqual(at(0));
    expect(moved(at(0), "ArrowRight", buildings)).toEqual(at(1));
    expect(moved(at(4), "ArrowRight", buildings)).toEqual(at(4));
    expect(moved(at(2), "End", buildings)).toEqual(at(4));
    expect(moved(at(2), "x", buildings)).toBeNull();
  });

  it("goes into a building, floor by floor, and out over the roof or by Escape", () => {
    expect(moved(at(1), "Enter", buildings)).toEqual(at(1, 0));
    const below = moved(at(1, 0), "ArrowDown", buildings)!;
    expect(buildings[1]!.panes[below.pane!]!.floor).toBe(buildings[1]!.panes[0]!.floor! - 1);
    expect(moved(at(1, 0), "ArrowUp", buildings)).toEqual(at(1));
    expect(moved(at(1, 7), "Escape", buildings)).toEqual(at(1));
  });

  it("reaches every window by arrows alone", () => {
    const { panes } = buildings[3]!;
    const reached = new Set([0]);
    const waiting = [0];
    while (waiting.length) {
      const from = waiting.pop()!;
      for (const key of ["ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp"]) {
        const pane = moved(at(3, from), key, buildings)?.pane;
        if (pane !== null && pane !== undefined && !reached.has(pane)) {
          reached.add(pane);
          waiting.push(pane);
        }
      }
    }
    expect(reached.size).toBe(panes.length);
  });

  it("enters no building without doors", () => {
    expect(moved(at(0), "Enter", [{ ...buildings[0]!, panes: [] }])).toBeNull();
  });
});
