/** Roles that somebody may be given by hand; check-ins and pairings go by their own ways. */
export const GIVEN = ["leader", "volunteer", "building_lead", "responsible", "sentinel", "gatekeeper", "grocery_lead", "shopper", "disinfector", "inspector", "duty_officer", "analyst", "privacy_officer", "operator"] as const;
export type GivenRole = (typeof GIVEN)[number];
