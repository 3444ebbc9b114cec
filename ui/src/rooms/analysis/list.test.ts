import { expect, it } from "vitest";
import { exportPath, inSlice, reasonOf, slices, type Listed } from "./list";

const door = (rank: number, state: string, event: string | null = null) => ({ rank, state, event }) as Listed;
const doors = [door(1, "lived_in", "returned"), door(2, "micro", "went_dark"), door(3, "micro"), door(4, "dark"), door(5, "micro")];

it("says what a door is listed for: what happened before what it is", () => {
  expect(reasonOf(doors[0]!)).toEqual({ table: "event", value: "returned" });
  expect(reasonOf(doors[3]!)).toEqual({ table: "state", value: "dark" });
});

it("counts the doors by reason, each once", () => {
  const found = slices(doors);
  expect(found[0]).toMatchObject({ value: "micro", count: 2 });
  expect(found.reduce((sum, one) => sum + one.count, 0)).toBe(doors.length);
  expect(inSlice(doors, "event:returned").map((one) => one.rank)).toEqual([1]);
  expect(inSlice(doors, "")).toHaveLength(5);
});

it("asks for a file with its purpose, whatever signs stand in it", () => {
  const path = exportPath("xlsx", { purpose: " 寒潮 & 停电 ", place: "p1", day: "", top: 100, evidence: true });
  const query = new URL(path, "http://x").searchParams;
  expect(query.get("purpose")).toBe("寒潮 & 停电");
  expect([query.get("kind"), query.get("place"), query.get("top"), query.get("evidence"), query.has("day")]).toEqual(["xlsx", "p1", "100", "true", false]);
});
