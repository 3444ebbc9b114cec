/** The home states in the order in which pictures show them, the lit ones first. */
export const STATES = ["lived_in", "low", "micro", "dark", "unknown"] as const;
export type HomeState = (typeof STATES)[number];
