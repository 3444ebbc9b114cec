import { describe, expect, it } from "vitest";
import type { Schemas } from "@/api/client";
import { doneOf, headline, silent, stretch } from "./headline";

const HOUR = 3_600_000;
const NOW = "2026-03-02T10:00:00Z";
const later = (hours: number) => new Date(Date.parse(NOW) + hours * HOUR).toISOString();

function board(more: object, forecast: object | null = null): Schemas["Board"] {
  return {
    at: NOW, enrolled: 100, done: 40, expected: 40, counts: { follow_ups_open: 0 },
    campaign: { deadline: later(24) }, forecast, ...more,
  } as unknown as Schemas["Board"];
}
const pace = (at: number | null, late: number | null = at) => ({
  per_hour: 3, at: at === null ? null : later(at), early: null, late: late === null ? null : later(late), in_time: true,
});

describe("the board's sentence", () => {
  it("says that all is done, whatever the clock says", () => {
    expect(headline(board({ done: 100, at: later(48) })).key).toBe("finished");
  });
  it("is on course only where the whole band ends before the deadline", () => {
    expect(headline(board({}, pace(10, 20)))).toMatchObject({ key: "onCourse", tone: "good", spare: 14 * HOUR });
    expect(headline(board({}, pace(20, 30)))).toMatchObject({ key: "tight", tone: "warn" });
    expect(headline(board({}, pace(20, null)))).toMatchObject({ key: "tight", tone: "warn" });
    expect(headline(board({}, pace(30, 40)))).toMatchObject({ key: "behind", tone: "bad", spare: -6 * HOUR });
    expect(headline(board({}, pace(null)))).toMatchObject({ key: "never", tone: "bad" });
  });
  it("promises nothing before there is a pace", () => {
    expect(headline(board({ done: 3 })).key).toBe("noPace");
    expect(headline(board({ done: 12 }))).toMatchObject({ key: "soFar", tone: "warn" });
  });
  it("says how long ago a deadline passed", () => {
    expect(headline(board({ campaign: { deadline: later(-5) } }))).toMatchObject({ key: "past", spare: -5 * HOUR });
  });
  it("counts tasks, not doors, of care that recurs", () => {
    const care = board({ recurs: true, done: 0, expected: 90, counts: { tasks_done: 80, tasks_due: 30 } });
    expect(doneOf(care)).toEqual({ value: 80, most: 110 });
    expect(headline(care)).toMatchObject({ key: "careOn", tone: "warn" });
    expect(doneOf(board({}))).toEqual({ value: 40, most: 100 });
  });
  it("asks for a sweep where nothing is enrolled", () => {
    expect(headline(board({ enrolled: 0, done: 0 })).key).toBe("nothingYet");
  });
});

it("names stretches of time in their largest sensible unit", () => {
  expect(stretch(5 * HOUR)).toEqual(["hours", 5]);
  expect(stretch(-72 * HOUR)).toEqual(["days", 3]);
  expect(stretch(20 * 60_000)).toEqual(["minutes", 20]);
});

it("calls silent who has doors in hand and was not heard of for three hours", () => {
  expect(silent({ held: 3, last_at: null }, NOW)).toBe(true);
  expect(silent({ held: 3, last_at: later(-4) }, NOW)).toBe(true);
  expect(silent({ held: 3, last_at: later(-2) }, NOW)).toBe(false);
  expect(silent({ held: 0, last_at: null }, NOW)).toBe(false);
});
