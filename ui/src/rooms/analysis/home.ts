/** A home's days and slots, made ready to be drawn. */
import type { Schemas } from "@/api/client";

export type HomeCurveData = NonNullable<Schemas["Opened"]["curve"]>;
export type HomeDay = HomeCurveData["days"][number];
export type Heat = NonNullable<HomeCurveData["heat"]>;

/** The state of the last day, and the first day of the run that leads up to it. */
export function runOf(days: readonly HomeDay[]): { state: string; since: string; nights: number } | null {
  const last = days.at(-1);
  if (!last) return null;
  let at = days.length - 1;
  while (at > 0 && days[at - 1]!.state === last.state) at--;
  return { state: last.state, since: days[at]!.day, nights: days.length - at };
}

/** The mean use of the days that were read; null of none. */
export function meanOf(days: readonly HomeDay[]): number | null {
  const read = days.flatMap((one) => (one.kwh === null ? [] : [one.kwh]));
  return read.length ? read.reduce((sum, one) => sum + one, 0) / read.length : null;
}

/** The days of a heat map's rows. */
export function heatDays(heat: Heat): string[] {
  const first = Date.parse(heat.first);
  return heat.rows.map((_, at) => new Date(first + at * 86_400_000).toISOString().slice(0, 10));
}

/** The time at which a slot begins, `HH:MM`; on a day on which clocks change, as if they had not. */
export function slotTime(slot: number, minutes: number): string {
  const at = slot * minutes;
  return `${String(Math.floor(at / 60)).padStart(2, "0")}:${String(at % 60).padStart(2, "0")}`;
}

/** The slots of the longest day. */
export function slotsOf(heat: Heat): number {
  return Math.max(0, ...heat.rows.map((row) => row.length));
}

/** `[slot, row, kWh]` of what was read. */
export function cellsOf(heat: Heat): [number, number, number][] {
  return heat.rows.flatMap((row, day) => row.flatMap((kwh, slot): [number, number, number][] => (kwh === null ? [] : [[slot, day, kwh]])));
}

/** Where the colours end: a kettle's one slot must not make all others look dark. */
export function topOf(cells: readonly (readonly [number, number, number])[], share = 0.98): number {
  const sorted = cells.map((cell) => cell[2]).sort((a, b) => a - b);
  return Math.max(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0, 0.01);
}

/** A day in quarters of the day, for who reads it as a table; null where nothing of it was read. */
export function quarters(row: readonly (number | null)[]): (number | null)[] {
  const wide = row.length / 4;
  return [0, 1, 2, 3].map((quarter) => {
    const read = row.slice(Math.round(quarter * wide), Math.round((quarter + 1) * wide)).filter((kwh): kwh is number => kwh !== null);
    return read.length ? read.reduce((sum, kwh) => sum + kwh, 0) : null;
  });
}
