import { describe, expect, it } from "vitest";
import { exactly, moved, shown } from "./picking";

const some = [
  { id: "1", name: "Building 1", code: "B1" },
  { id: "2", name: "Building 12", code: "B12" },
  { id: "3", name: "Li Na", code: "L1" },
  { id: "4", name: "Li Na", code: "L2" },
  { id: "5", name: "B12", code: "X" },
];

describe("a text that names one wholly", () => {
  it.each([
    ["B1", "1"], [" b12 ", "2"], ["Building 12", "2"], ["l2", "4"], ["Li Na (L1)", "3"],
  ])("%s", (text, id) => expect(exactly(text, some)?.id).toBe(id));
  it("is no part of a code, and no name that two people bear", () => {
    expect(exactly("B", some)).toBeNull();
    expect(exactly("Li Na", some)).toBeNull();
    expect(exactly("  ", some)).toBeNull();
  });
  it("names none where places of two kinds bear the code", () => {
    expect(exactly("B1", [some[0]!, { id: "9", name: "Site", code: "B1" }])).toBeNull();
  });
});

it("says name and code, or once what is both", () => {
  expect(shown(some[0]!)).toBe("Building 1 (B1)");
  expect(shown({ id: "9", name: "H7", code: "H7" })).toBe("H7");
  expect(shown(null)).toBe("");
});

it("goes through the list round and round", () => {
  expect([moved(-1, 1, 3), moved(2, 1, 3), moved(0, -1, 3), moved(-1, -1, 3), moved(1, -1, 3)]).toEqual([0, 0, 2, 2, 0]);
  expect(moved(0, 1, 0)).toBe(-1);
});
