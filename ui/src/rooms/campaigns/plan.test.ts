import { expect, it } from "vitest";
import { enough, first, hours, inForce, largest, leastOf, notAll, notEnough } from "./plan";

it("says minutes as hours and minutes", () => {
  expect(hours(135)).toEqual({ h: 2, m: 15 });
  expect(hours(59.6)).toEqual({ h: 1, m: 0 });
});

it("shows the largest moves and sums up the rest", () => {
  const moves = [1, 9, 4].map((doors) => ({ giver: null, taker: "a", doors }));
  expect(largest(moves, 2)).toEqual({ shown: [moves[1], moves[2]], rest: 1 });
});

it("takes the plan applied last as the one in force", () => {
  const plan = (id: string, state: string, applied_at: string | null) => ({ id, state, applied_at }) as never;
  expect(inForce([plan("a", "applied", "2026-01-01"), plan("b", "ready", null), plan("c", "applied", "2026-01-02")])?.id).toBe("c");
  expect(inForce([plan("b", "ready", null)])).toBeUndefined();
});

it("shows the plan in force, unless one was proposed since, and never how things stood before it", () => {
  const plan = (id: string, state: string, made_at: string, applied_at: string | null, origin = "planner") => ({ id, state, made_at, applied_at, origin }) as never;
  const before = plan("before", "ready", "2026-01-02", null, "before");
  const applied = plan("applied", "applied", "2026-01-01", "2026-01-02");
  expect(first([before, applied])?.id).toBe("applied");
  expect(first([plan("new", "planning", "2026-01-03", null), before, applied])?.id).toBe("new");
  expect(first([plan("old", "ready", "2026-01-01", null), applied])?.id).toBe("applied");
  expect(first([])).toBeNull();
});

it("names only the help that is enough", () => {
  const help = (lever: string, amount: number | null) => ({ lever, enough: amount, tried: [], like: null, leave: 0, person_minutes: 0 }) as never;
  expect(enough([help("people", 1), help("hours", null)])).toEqual([{ lever: "people", amount: 1, like: null }]);
  expect(enough([help("people", null), help("leave", null)])).toEqual([]);
});

it("never rounds a share of doors up to all of them", () => {
  expect(notAll(0.9997)).toEqual({ value: 0.999, as: "fine" });
  expect(notAll(1)).toEqual({ value: 1, as: "percent" });
  expect(notAll(0.98)).toEqual({ value: 0.98, as: "percent" });
});

it("says how far even the most help comes", () => {
  const help = (lever: string, tried: object[], amount: number | null = null) => ({ lever, enough: amount, tried, like: null, leave: 0, person_minutes: 0 }) as never;
  expect(notEnough([help("people", [{ amount: 10, done: 0.97 }]), help("hours", []), help("leave", [{ amount: 3, done: 1 }])])).toEqual([{ lever: "people", amount: 10, done: 0.97 }]);
  expect(notEnough([help("people", [{ amount: 10, done: 1 }], 10)])).toEqual([]);
});

it("says what part of the working time no plan can save", () => {
  expect(leastOf({ over_bound: 0.25 })).toBe(0.8);
  expect(leastOf({ over_bound: -0.01 })).toBe(1);
});
