/** The quality of days as squares: how lit each is, and which say their share in figures. */
export interface Square {
  day: string;
  /** Share of valid meter-days, null where none was expected. */
  share: number | null;
  /** 0 (dark) to 4 (fully lit), null with the share. */
  step: 0 | 1 | 2 | 3 | 4 | null;
  /** The share in whole per cent where it is low enough to matter. */
  told: string;
}

/** From these shares on a square is one step brighter. */
export const STEPS = [0.5, 0.8, 0.95, 0.99] as const;
const FINE = 0.95;

export function step(share: number): 0 | 1 | 2 | 3 | 4 {
  return STEPS.filter((least) => share >= least).length as 0 | 1 | 2 | 3 | 4;
}

/** One row of the grid, from a first day on. */
export function squares(first: string, row: readonly (number | null)[]): Square[] {
  return row.map((share, at) => ({
    day: later(first, at), share,
    step: share === null ? null : step(share),
    // Rounded down: 94.9 is not 95.
    told: share === null || share >= FINE ? "" : String(Math.floor(100 * share)),
  }));
}

/** A plain day so many days later. */
export function later(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}
