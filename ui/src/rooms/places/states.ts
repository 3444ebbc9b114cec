/** Homes by state as a table of the server tells them: what is shown, and what is held back. */
import type { Schemas } from "@/api/client";
import { STATES, type HomeState } from "@/language/common";

export interface Part {
  state: HomeState;
  /** Null where it is held back. */
  homes: number | null;
}
export interface Split {
  parts: Part[];
  total: number | null;
  /** Homes of the parts that are held back together, where the total is known. */
  rest: number | null;
}

type Figures = Schemas["Table"]["figures"];

/** The row of an area (all of them together for ""), the lit ones first. */
export function splitOf(figures: Figures, area: string): Split {
  const row = new Map(figures.filter((one) => one.area === area).map((one) => [one.column, one.value ?? null]));
  return split(Object.fromEntries([...row].filter(([state]) => state !== "")), row.get("") ?? null);
}

export function split(counts: Record<string, number | null>, total: number | null): Split {
  const parts = STATES.filter((state) => state in counts).map((state) => ({ state, homes: counts[state] ?? null }));
  const shown = parts.reduce((sum, one) => sum + (one.homes ?? 0), 0);
  const held = parts.some((one) => one.homes === null);
  const whole = total ?? (held ? null : shown);
  return { parts, total: whole, rest: held && whole !== null ? Math.max(0, whole - shown) : null };
}
