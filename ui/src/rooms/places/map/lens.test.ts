import { expect, it } from "vitest";
import { boxOf, byCampaign, byCoverage, byEmpty, stepOf, type Feature } from "./lens";

const feature = (id: string, counts: Record<string, number | null> | null, homes = 100) => ({ id, properties: { counts, homes } }) as unknown as Feature;

it("shares what is done, covered or empty", () => {
  expect(byCampaign([{ place_id: "a", enrolled: 20, done: 5 }, { place_id: "b", enrolled: 0, done: 0 }]).get("a")?.share).toBe(0.25);
  expect(byCampaign([{ place_id: "b", enrolled: 0, done: 0 }]).get("b")?.share).toBeNull();
  expect(byCoverage([{ place_id: "a", homes: 40, covered: 40 }]).get("a")).toEqual({ share: 1, part: 40, whole: 40 });
});

it("never tells empty homes where one of both counts is held back, and takes what is not there for none", () => {
  const found = byEmpty([feature("a", { dark: 20, micro: null }), feature("b", { dark: 20 }), feature("c", null)]);
  expect(found.get("a")?.share).toBeNull();
  expect(found.get("b")).toEqual({ share: 0.2, part: 20, whole: 100 });
  expect(found.get("c")?.share).toBeNull();
});

it("has five steps, and one for what is not told", () => {
  const at = (share: number | null) => stepOf({ share, part: null, whole: 1 });
  expect([at(0), at(0.19), at(0.2), at(0.99), at(1), at(null), stepOf(undefined)]).toEqual([0, 0, 1, 4, 4, -1, -1]);
});

it("finds the box around outlines and points", () => {
  const square = { type: "Polygon", coordinates: [[[1, 2], [3, 2], [3, 5], [1, 2]]] };
  expect(boxOf([square, null, { type: "Point", coordinates: [0, 4] }])).toEqual([[0, 2], [3, 5]]);
  expect(boxOf([null])).toBeNull();
});
