import { expect, it } from "vitest";
import { change, communitiesOf, daysFrom, eventsByDay, signed, together, type Counts, type Nights } from "./city";

const counts = (dark: number[], lived_in: number[]) => ({ dark, micro: dark.map(() => 1), low: dark.map(() => 0), lived_in, unknown: dark.map(() => 0) });
const community = (code: string, homes: number, told: Nights["communities"][number]["counts"]) =>
  ({ code, place_id: `id-${code}`, name_zh: code, name_en: null, homes, counts: told }) as Nights["communities"][number];
const event = (community: string, kind: string, day: string, homes: number) => ({ community, kind, first: day, last: day, homes });

it("names the nights from the first to the last, over a month's end", () => {
  expect(daysFrom("2026-02-27", "2026-03-02")).toEqual(["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"]);
});

it("says what changed in a week, and nothing where nights are missing", () => {
  expect(change([1, 2, 3, 4, 5, 6, 7, 11])).toBe(10);
  expect(change([1, 2, 3])).toBeNull();
  expect(change(undefined)).toBeNull();
});

it("adds states up night by night", () => {
  expect(together({ dark: [1, 2], micro: [10, 20], low: [5, 5] }, ["dark", "micro"])).toEqual([11, 22]);
  expect(together({}, ["dark"])).toEqual([]);
});

it("puts events on their nights and leaves out what lies outside", () => {
  const found = eventsByDay([event("C1", "went_dark", "2026-03-02", 2), event("C2", "went_dark", "2026-03-02", 1), event("C1", "returned", "2026-03-09", 4)], ["2026-03-01", "2026-03-02"]);
  expect(found.went_dark).toEqual([0, 3]);
  expect(found.returned).toEqual([0, 0]);
});

it("orders communities by the share of homes without anybody, and tells nothing of small ones", () => {
  const nights = {
    place_id: "D", first: "2026-03-01", last: "2026-03-08", homes: 70, whole: {},
    communities: [community("C1", 40, counts([1, 1, 1, 1, 1, 1, 1, 3], Array(8).fill(36))), community("C2", 20, counts(Array(8).fill(5), Array(8).fill(14))), community("C3", 10, null)],
  } as unknown as Nights;
  const events = { place_id: "D", first: "2026-03-01", last: "2026-03-08", by: "day", counts: [event("C1", "went_dark", "2026-03-08", 2), event("C1", "went_dark", "2026-03-01", 9), event("C3", "returned", "2026-03-08", 1)] } as Counts;
  const rows = communitiesOf(nights, events, (one) => one.name_zh ?? one.code);
  expect(rows.map((row) => row.code)).toEqual(["C2", "C1", "C3"]);
  expect(rows[1]).toMatchObject({ told: true, share: 0.1, change: 2, wentDark: 2, returned: 0 });
  expect(rows[2]).toMatchObject({ told: false, share: null, change: null, wentDark: null, returned: null, nobody: [] });
});

it("writes a difference with its sign", () => {
  expect([signed(3), signed(-2), signed(0), signed(null)]).toEqual(["+3", "−2", "±0", "–"]);
});
