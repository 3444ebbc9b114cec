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
  /** Of what is shown. */
  total: number;
  /** That this is not all of them. */
  partial: boolean;
  /** The oldest night that a figure is of. */
  asOf: string | null;
}

type Figure = Schemas["Table"]["figures"][number];

/** The row of an area (all of them together for ""), the lit ones first. */
export function splitOf(figures: readonly Figure[], area: string): Split {
  const row = new Map(figures.filter((one) => one.area === area).map((one) => [one.column, one]));
  const parts = STATES.flatMap((state) => (row.has(state) ? [{ state, homes: row.get(state)!.value }] : []));
  const nights = [...row.values()].flatMap((one) => (one.as_of && one.value !== null ? [one.as_of] : [])).sort();
  return {
    parts,
    total: parts.reduce((sum, one) => sum + (one.homes ?? 0), 0),
    partial: [...row.values()].some((one) => one.partial || one.value === null),
    asOf: nights[0] ?? null,
  };
}
