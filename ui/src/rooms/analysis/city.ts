/** The city's nights summed up: what changed in a week, and how each community stands. */
import type { Schemas } from "@/api/client";
import { grouped } from "@/parts/grouped";
import { STATES, type HomeState } from "@/language/states";

export type Nights = Schemas["Nights"];
export type Counts = Schemas["Counts"];
export const WEEK = 7;
/** The states in which nobody is there. */
export const NOBODY: readonly HomeState[] = ["dark", "micro"];
/** What the nightly rules tell of, in the order in which charts stack it. */
export const EVENTS = ["returned", "frozen_high", "went_dark"] as const;
export type EventKind = (typeof EVENTS)[number];

const DAY = 86_400_000;

/** Plain days from one to another, both in. */
export function daysFrom(first: string, last: string): string[] {
  const [begin, end] = [Date.parse(first), Date.parse(last)];
  const found: string[] = [];
  for (let at = begin; at <= end; at += DAY) found.push(new Date(at).toISOString().slice(0, 10));
  return found;
}

export function lastOf(series: readonly number[] | undefined): number {
  return series?.at(-1) ?? 0;
}

/** How much more than so many nights before; null where it does not reach back so far. */
export function change(series: readonly number[] | undefined, nights = WEEK): number | null {
  if (!series || series.length <= nights) return null;
  return series.at(-1)! - series.at(-1 - nights)!;
}

/** Several states night by night, as one. */
export function together(counts: Readonly<Record<string, readonly number[]>>, states: readonly string[]): number[] {
  const some = states.map((state) => counts[state] ?? []);
  const nights = Math.max(0, ...some.map((one) => one.length));
  return Array.from({ length: nights }, (_, at) => some.reduce((sum, one) => sum + (one[at] ?? 0), 0));
}

/** Homes by kind of event on each of the days. */
export function eventsByDay(counts: Counts["counts"], days: readonly string[]): Record<EventKind, number[]> {
  const at = new Map(days.map((day, index) => [day, index]));
  const found = Object.fromEntries(EVENTS.map((kind) => [kind, days.map(() => 0)])) as Record<EventKind, number[]>;
  for (const one of counts) {
    const index = at.get(one.first);
    const series = found[one.kind as EventKind] as number[] | undefined;
    if (index !== undefined && series) series[index]! += one.homes ?? 0;
  }
  return found;
}

export interface CommunityRow {
  id: string;
  code: string;
  name: string;
  homes: number;
  /** None of these is told where the community has too few homes. */
  told: boolean;
  now: Partial<Record<HomeState, number>>;
  nobody: number[];
  share: number | null;
  change: number | null;
  wentDark: number | null;
  returned: number | null;
}

/** The communities, those with the most homes without anybody first; those not told last. */
export function communitiesOf(nights: Nights, events: Counts | null, nameOf: (one: Nights["communities"][number]) => string): CommunityRow[] {
  const days = daysFrom(nights.first, nights.last).slice(-WEEK);
  const by = grouped(events?.counts ?? [], (one) => one.community);
  const rows = nights.communities.map((one): CommunityRow => {
    const counts = one.counts;
    const nobody = counts ? together(counts, NOBODY) : [];
    const week = events ? eventsByDay(by.get(one.code) ?? [], days) : null;
    const sum = (kind: EventKind) => (week && counts ? week[kind].reduce((all, some) => all + some, 0) : null);
    return {
      id: one.place_id ?? one.code, code: one.code, name: nameOf(one), homes: one.homes, told: counts !== null,
      now: counts ? Object.fromEntries(STATES.map((state) => [state, lastOf(counts[state])])) : {},
      nobody, share: counts && one.homes ? lastOf(nobody) / one.homes : null, change: counts ? change(nobody) : null,
      wentDark: sum("went_dark"), returned: sum("returned"),
    };
  });
  return rows.sort((a, b) => (b.share ?? -1) - (a.share ?? -1) || a.code.localeCompare(b.code, undefined, { numeric: true }));
}

/** "+3", "−2", "±0": a difference that says its direction without a colour. */
export function signed(value: number | null | undefined, write: (value: number) => string = String): string {
  if (value === null || value === undefined) return "–";
  if (value === 0) return "±0";
  return (value > 0 ? "+" : "−") + write(Math.abs(value));
}
