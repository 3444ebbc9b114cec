/** A person's ties by when they run, and how they follow each other. */
import type { Schemas } from "@/api/client";

export type Tie = Schemas["Assignment"];

export function byTime(ties: readonly Tie[], today: string): { now: Tie[]; coming: Tie[]; past: Tie[] } {
  const sorted = [...ties].sort((one, other) => other.starts.localeCompare(one.starts));
  return {
    now: sorted.filter((one) => one.starts <= today && (one.ends === null || today < one.ends)),
    coming: sorted.filter((one) => one.starts > today),
    past: sorted.filter((one) => one.ends !== null && one.ends <= today),
  };
}

/** Roles that somebody may be given by hand: check-ins and pairings go by their own ways. */
export const GIVEN = ["responsible", "leader", "volunteer", "sentinel", "grocery_lead", "building_lead", "gatekeeper", "shopper", "disinfector", "inspector", "duty_officer", "analyst", "privacy_officer", "operator"] as const;
