/** Before and after of a what-if, row by row. */
import type { Schemas } from "@/api/client";
import { STATES } from "@/language/states";

export type WhatIfAnswer = Schemas["Answer"];
export type WhatIfRow = WhatIfAnswer["whole"];
export type Moved = Schemas["MovedDoor"];

export interface Compared {
  key: string;
  before: number | null;
  after: number | null;
  /** None where either is held back. */
  difference: number | null;
}

function compared(key: string, before: number | null | undefined, after: number | null | undefined): Compared {
  const [one, other] = [before ?? null, after ?? null];
  return { key, before: one, after: other, difference: one === null || other === null ? null : other - one };
}

export function statesOf(row: WhatIfRow): Compared[] {
  return STATES.map((state) => compared(state, row.before.states[state], row.after?.states[state]));
}

export function eventsOf(row: WhatIfRow): Compared[] {
  return Object.keys(row.before.events).map((event) => compared(event, row.before.events[event], row.after?.events[event]));
}

export function doorsOf(row: WhatIfRow): Compared {
  return compared("doors", row.before.doors, row.after?.doors);
}

/** Dark and micro together; null where either is held back. */
export function nobodyOf(row: WhatIfRow): Compared {
  const sum = (states: Record<string, number | null> | undefined) =>
    states?.["dark"] == null || states["micro"] == null ? null : states["dark"] + states["micro"];
  return compared("nobody", sum(row.before.states), sum(row.after?.states));
}

/** What happens to a door's place on the list. */
export function listing(one: Pick<Moved, "listed_before" | "listed_after">): "comesOn" | "goesOff" | "stays" | "staysOff" {
  if (one.listed_before) return one.listed_after ? "stays" : "goesOff";
  return one.listed_after ? "comesOn" : "staysOff";
}
