import { expect, it } from "vitest";
import { enough, hours, inForce, largest, leastOf } from "./plan";

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

it("names only the help that is enough", () => {
  const help = (lever: string, amount: number | null) => ({ lever, enough: amount, tried: [], like: null, leave: 0, person_minutes: 0 }) as never;
  expect(enough([help("people", 1), help("hours", null)])).toEqual([{ lever: "people", amount: 1, like: null }]);
  expect(enough([help("people", null), help("leave", null)])).toEqual([]);
});

it("says what part of the working time no plan can save", () => {
  expect(leastOf({ over_bound: 0.25 })).toBe(0.8);
  expect(leastOf({ over_bound: -0.01 })).toBe(1);
});
