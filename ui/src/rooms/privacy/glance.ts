/** The log's openings summed up: by day, by purpose, refused or not. */
import type { Schemas } from "@/api/client";
import { grouped } from "@/parts/grouped";

export type Opening = Schemas["Opening"];

export const refused = (one: Opening) => one.kind.endsWith(".refused");

export interface Glance {
  opened: number;
  refused: number;
  people: number;
  places: number;
  days: { day: string; opened: number; refused: number }[];
  purposes: { purpose: string; count: number }[];
}

/** `dayOf` gives an instant's day in the office's zone, `YYYY-MM-DD`. */
export function glance(rows: readonly Opening[], days: readonly string[], dayOf: (at: string) => string): Glance {
  const by = grouped(rows, (one) => dayOf(one.at));
  const good = rows.filter((one) => !refused(one));
  const purposes = [...grouped(good, (one) => one.purpose ?? "")].map(([purpose, some]) => ({ purpose, count: some.length }));
  return {
    opened: good.length,
    refused: rows.length - good.length,
    people: new Set(good.map((one) => one.person_id)).size,
    places: new Set(good.map((one) => one.place_id)).size,
    days: days.map((day) => {
      const some = by.get(day) ?? [];
      const no = some.filter(refused).length;
      return { day, opened: some.length - no, refused: no };
    }),
    purposes: purposes.sort((one, other) => other.count - one.count),
  };
}

/** Whole days from an instant until another; negative where it is past. */
export function daysUntil(at: string, now: Date): number {
  return Math.ceil((new Date(at).getTime() - now.getTime()) / 86_400_000);
}
