import { describe, expect, it } from "vitest";
import { nightsBetween } from "./nights";

describe("the nights that are left to work", () => {
  it("are those between the last one worked and the last day with readings", () => {
    expect(nightsBetween("2026-11-29", "2026-12-01")).toBe(2);
    expect(nightsBetween("2026-02-28", "2026-03-01")).toBe(1);
  });
  it("are none where the nights have caught up, or nothing is known yet", () => {
    expect(nightsBetween("2026-11-29", "2026-11-29")).toBe(0);
    expect(nightsBetween("2026-11-29", "2026-11-27")).toBe(0);
    expect(nightsBetween(null, "2026-11-27")).toBe(0);
    expect(nightsBetween("2026-11-27", undefined)).toBe(0);
  });
});
