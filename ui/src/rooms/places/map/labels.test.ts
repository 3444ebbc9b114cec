import { expect, it } from "vitest";
import { fitting, worstFirst, type Label } from "./labels";

const frame = { width: 300, height: 200 };
const label = (id: string, x: number, y: number, width = 80): Label => ({ id, text: id, x, y, width });
const ids = (found: Label[]) => found.map((one) => one.id);

it("leaves out what would cover a name that was wanted before it", () => {
  expect(ids(fitting([label("a", 100, 100), label("b", 150, 105), label("c", 230, 100)], frame))).toEqual(["a", "c"]);
  // Closer, the same two stand apart.
  expect(ids(fitting([label("a", 100, 100), label("b", 200, 110)], frame))).toEqual(["a", "b"]);
});

it("moves in what the frame's sides would cut, and shows none that its top or the map's buttons would", () => {
  const found = fitting([label("west", 20, 100), label("east", 295, 100), label("north", 100, 10), label("beyond", -5, 150), label("well", 150, 100)], frame);
  expect(found.map(({ id, x }) => [id, x])).toEqual([["west", 40], ["east", 260], ["well", 150]]);
  expect(fitting([label("under", 100, 100)], frame, [{ left: 90, right: 300, top: 0, bottom: 150 }])).toEqual([]);
});

it("names many places at once: never two on one spot, and always the first", () => {
  const many = Array.from({ length: 400 }, (_, at) => label(String(at), (at * 37) % 300, (at * 53) % 200, 60));
  const found = fitting(many, frame);
  expect(found.length).toBeGreaterThan(8);
  expect(found.length).toBeLessThan(40);
  for (const one of found) for (const other of found) {
    if (one !== other) expect(Math.abs(one.x - other.x) >= 60 || Math.abs(one.y - other.y) >= 22).toBe(true);
  }
});

it("puts the worst first: little done or covered, or many empty; what is not told last", () => {
  const places = [{ id: "a", share: 0.9, homes: 1 }, { id: "b", share: null, homes: 1 }, { id: "c", share: 0.1, homes: 1 }, { id: "d", share: 0.1, homes: 9 }];
  expect(worstFirst(places, false).map((one) => one.id)).toEqual(["d", "c", "a", "b"]);
  expect(worstFirst(places, true).map((one) => one.id)).toEqual(["a", "d", "c", "b"]);
});
