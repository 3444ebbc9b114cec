// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import { inBooks, together, type Holder } from "./holders";

const where = { code: "C1", kind: "community", name: { zh: "梧桐里", en: "Wutongli" }, building_id: null, building: null, unit: null, floor: null, door: null, community: null, place_id: "c1" };
const holders: Holder[] = [
  { holder: "place:c1", kind: "place", name: "C1", where },
  { holder: "person:p1", kind: "person", name: "Li Na", where: null },
];
const books = inBooks(holders, (one) => (one.kind === "person" ? "has 30" : ""));

describe("who may give or take supplies", () => {
  it("are those of the books, without those who have none", () => {
    expect(inBooks(holders, (one) => (one.kind === "person" ? "has 30" : null)).map((one) => one.id)).toEqual(["person:p1"]);
  });
  it("stand before the rest, each once, with what is known of them from both", () => {
    const found = [{ id: "person:p2", name: "Li Qiang", code: "L2" }, { id: "person:p1", name: "Li Na", code: "L1", more: "Branch 3" }];
    expect(together("na", books, found)).toEqual([{ id: "person:p1", name: "Li Na", code: "L1", more: "Branch 3 · has 30" }, found[0]]);
  });
  it("are found by a code that only the search knows, and still say what they have", () => {
    expect(together("L1", books, [{ id: "person:p1", name: "Li Na", code: "L1" }])[0]!.more).toBe("has 30");
  });
  it("are found in the books alone by who may list nobody", () => {
    expect(together("na", books, []).map((one) => one.id)).toEqual(["person:p1"]);
    expect(together("wang", books, [])).toEqual([]);
  });
});
