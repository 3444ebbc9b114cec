import { expect, it } from "vitest";
import { daysBack, midnights } from "./days";

const iso = (found: number[]) => found.map((at) => new Date(at).toISOString().slice(0, 16));

it("finds the midnights of the office's zone", () => {
  expect(iso(midnights("2026-03-01T10:00:00Z", "2026-03-03T17:00:00Z", "Asia/Shanghai"))).toEqual(["2026-03-01T16:00", "2026-03-02T16:00", "2026-03-03T16:00"]);
  expect(iso(midnights("2026-03-01T10:00:00Z", "2026-03-02T23:00:00Z", "Asia/Kolkata"))).toEqual(["2026-03-01T18:30", "2026-03-02T18:30"]);
});

it("is not led astray where the clocks change", () => {
  expect(iso(midnights("2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z", "Europe/London"))).toEqual(["2026-03-29T00:00", "2026-03-29T23:00"]);
});

it("thins out long stretches", () => {
  expect(midnights("2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z", "UTC", 8).length).toBeLessThanOrEqual(8);
});

it("counts days back in the office's zone", () => {
  expect(daysBack(3, "Asia/Shanghai", new Date("2026-03-01T17:00:00Z"))).toEqual(["2026-02-28", "2026-03-02"]);
});
