/** What a map is coloured by: each place's share, and what it is the share of. */
import type { Schemas } from "@/api/client";

export type Lens = "campaign" | "coverage" | "empty";
export type Feature = Schemas["Map"]["features"][number];

export interface Reading {
  /** 0 to 1; null where there is nothing to tell, or it may not be told. */
  share: number | null;
  part: number | null;
  whole: number;
}
const NOTHING: Reading = { share: null, part: null, whole: 0 };
const of = (part: number, whole: number): Reading => (whole > 0 ? { share: part / whole, part, whole } : NOTHING);

export function byCampaign(areas: readonly Schemas["AreaFigures"][]): Map<string, Reading> {
  return new Map(areas.map((one) => [one.place_id, of(one.done, one.enrolled)]));
}

export function byCoverage(parts: readonly { place_id: string; homes: number; covered: number }[]): Map<string, Reading> {
  return new Map(parts.map((one) => [one.place_id, of(one.covered, one.homes)]));
}

/** Homes without use: dark and micro together, where both are told. */
export function byEmpty(features: readonly Feature[]): Map<string, Reading> {
  return new Map(
    features.map(({ id, properties: { counts, homes } }) => {
      if (!counts) return [id, NOTHING];
      const [dark, micro] = [counts["dark"] ?? 0, counts["micro"] ?? 0];
      const told = counts["dark"] !== null && counts["micro"] !== null;
      return [id, told ? of(dark + micro, homes) : { ...NOTHING, whole: homes }];
    }),
  );
}

export const STEPS = 5;

/** Which of the steps a share is in: 0 to 4, and -1 for what is not told. */
export function stepOf(reading: Reading | undefined): number {
  if (!reading || reading.share === null) return -1;
  return Math.min(STEPS - 1, Math.floor(reading.share * STEPS));
}

type Corner = [number, number];

/** The box around some shapes, west-south and east-north; null where nothing is drawn. */
export function boxOf(shapes: readonly ({ [key: string]: unknown } | null | undefined)[]): [Corner, Corner] | null {
  let box: [Corner, Corner] | null = null;
  const walk = (at: unknown): void => {
    if (!Array.isArray(at)) return;
    const [lon, lat] = at as unknown[];
    if (typeof lon !== "number" || typeof lat !== "number") return at.forEach(walk);
    box = box
      ? [[Math.min(box[0][0], lon), Math.min(box[0][1], lat)], [Math.max(box[1][0], lon), Math.max(box[1][1], lat)]]
      : [[lon, lat], [lon, lat]];
  };
  for (const shape of shapes) walk(shape?.["coordinates"]);
  return box;
}
