import { expect, it } from "vitest";
import { daysUntil, glance, type Opening } from "./glance";

const row = (at: string, kind: string, person_id: string, place_id: string, purpose: string | null = null) => ({ at, kind, person_id, place_id, purpose }) as Opening;

it("counts openings by day and purpose, refusals apart", () => {
  const rows = [
    row("2026-03-01T10:00:00Z", "home.opened", "a", "1", "care"), row("2026-03-01T11:00:00Z", "home.opened", "a", "2", "care"),
    row("2026-03-02T10:00:00Z", "home.refused", "b", "1"), row("2026-03-02T12:00:00Z", "facade.opened", "c", "3"),
  ];
  const found = glance(rows, ["2026-03-01", "2026-03-02", "2026-03-03"], (at) => at.slice(0, 10));
  expect(found).toMatchObject({ opened: 3, refused: 1, people: 2, places: 3 });
  expect(found.days).toEqual([{ day: "2026-03-01", opened: 2, refused: 0 }, { day: "2026-03-02", opened: 1, refused: 1 }, { day: "2026-03-03", opened: 0, refused: 0 }]);
  expect(found.purposes).toEqual([{ purpose: "care", count: 2 }, { purpose: "", count: 1 }]);
});

it("counts the days that a list has left", () => {
  expect(daysUntil("2026-03-10T12:00:00Z", new Date("2026-03-01T12:00:00Z"))).toBe(9);
  expect(daysUntil("2026-03-01T11:00:00Z", new Date("2026-03-01T12:00:00Z"))).toBe(-0);
});
