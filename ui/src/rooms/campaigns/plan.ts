/** A plan's figures as a page says them. */
import type { Schemas } from "@/api/client";

/** Minutes as whole hours and minutes. */
export function hours(minutes: number): { h: number; m: number } {
  const whole = Math.round(minutes);
  return { h: Math.floor(whole / 60), m: whole % 60 };
}

type Move = Schemas["Preview"]["moves"][number];

/** The moves that matter most first; the small ones together at the end. */
export function largest(moves: readonly Move[], most = 12): { shown: Move[]; rest: number } {
  const sorted = [...moves].sort((one, other) => other.doors - one.doors);
  return { shown: sorted.slice(0, most), rest: sorted.slice(most).reduce((sum, one) => sum + one.doors, 0) };
}

/** The plan in force is the one applied last; a proposal is one made since. */
export function inForce(plans: readonly Schemas["PlanHead"][]): Schemas["PlanHead"] | undefined {
  return plans.filter((one) => one.state === "applied").sort((one, other) => (other.applied_at ?? "").localeCompare(one.applied_at ?? ""))[0];
}

/** What is shown until somebody chooses: a proposal that is newer than the plan in force, else that. */
export function first(plans: readonly Schemas["PlanHead"][]): Schemas["PlanHead"] | null {
  const force = inForce(plans);
  const since = plans.find((one) => one.origin !== "before" && one.state !== "applied" && one.made_at > (force?.applied_at ?? ""));
  return since ?? force ?? plans[0] ?? null;
}

/** A share of doors as far as it may be said without rounding up to all: 0.9997 is 0.999. */
export function notAll(share: number): { value: number; as: "percent" | "fine" } {
  return share >= 0.99 && share < 1 ? { value: Math.floor(share * 1000 + 1e-6) / 1000, as: "fine" } : { value: share, as: "percent" };
}

type Help = Schemas["Help"];
type Lever = "people" | "hours" | "leave";

/** The kinds of help that were found to be enough, and how much of each. */
export function enough(helps: readonly Help[]): { lever: Lever; amount: number; like: Help["like"] }[] {
  const known: readonly string[] = ["people", "hours", "leave"];
  return helps.flatMap((one) => (one.enough === null || !known.includes(one.lever) ? [] : [{ lever: one.lever as Lever, amount: one.enough, like: one.like }]));
}

/** The kinds of help of which even the most is not enough, and the share of doors then done in time. */
export function notEnough(helps: readonly Help[]): { lever: Lever; amount: number; done: number }[] {
  return helps.flatMap((one) => {
    const most = one.tried.at(-1);
    return one.enough === null && (one.lever === "people" || one.lever === "hours") && most && most.done !== null ? [{ lever: one.lever, amount: most.amount, done: most.done }] : [];
  });
}

/** What part of a plan's working time any plan needs, 0 to 1. */
export function leastOf(measures: Pick<Schemas["Measures"], "over_bound">): number {
  return 1 / (1 + Math.max(0, measures.over_bound));
}
