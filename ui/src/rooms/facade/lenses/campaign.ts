/** A campaign's doors, and who covers them: nothing here comes from a meter. */
import type { Schemas } from "@/api/client";
import { nameOf } from "@/language/words";
import { BADGE, FIRST_KEEPER, KEEPERS, LOOK, type LookName } from "../scene/looks";
import type { Plan } from "../scene/fronts";
import type { Building, Lens } from "../scene/types";

export type CampaignFront = Schemas["CampaignFront"];
export type FrontDoor = Schemas["FrontDoor"];
export type Coverage = Schemas["Covered"];

export interface Doors {
  front: CampaignFront;
  byPlace: Map<string, FrontDoor>;
}
export function doorsOf(front: CampaignFront): Doors {
  const byPlace = new Map<string, FrontDoor>();
  for (const building of front.buildings) for (const unit of building.units) for (const floor of unit.floors) {
    for (const door of floor.doors) byPlace.set(door.place_id, door);
  }
  return { front, byPlace };
}

export function plansOfFront(front: CampaignFront): Plan[] {
  return front.buildings.map((one): Plan => {
    const doors = one.units.flatMap((unit) => unit.floors.flatMap((floor) =>
      floor.doors.map((door) => ({ place: door.place_id, unit: unit.unit ?? null, floor: floor.floor ?? null, door: door.door ?? null }))));
    return { place: one.place_id ?? "", code: one.code ?? "–", name: nameOf({ ...one, code: one.code ?? "–" }), floors: one.floors ?? null, homes: doors.length, doors };
  });
}

export function campaignLens(doors: Doors, homes: readonly string[]): Lens {
  const looks = Uint8Array.from(homes, (place) => LOOK[(doors.byPlace.get(place)?.status ?? "not_enrolled") as LookName] ?? LOOK.not_enrolled);
  return {
    key: `campaign ${doors.front.campaign_id} ${doors.front.place_id} ${JSON.stringify(doors.front.counts)}`,
    moments: 1,
    look: (home) => looks[home] ?? LOOK.not_enrolled,
    badge: () => 0,
    gauge: () => null,
  };
}

/** Which homes are done, for the tick on the lights. */
export function doneHomes(doors: Doors, homes: readonly string[]): Set<number> {
  return new Set(homes.flatMap((place, home) => (doors.byPlace.get(place)?.status === "done" ? [home] : [])));
}

export interface Keeper {
  id: string;
  name: string;
  homes: number;
  look: number;
}
/** Who covers how much, most first; the first eight get a hue and a pattern, the rest share the last. */
export function keepersOf(doors: Doors): Keeper[] {
  const homes = new Map<number, number>();
  for (const door of doors.byPlace.values()) {
    const first = door.covered_by[0];
    if (first !== undefined) homes.set(first, (homes.get(first) ?? 0) + 1);
  }
  return [...homes]
    .sort(([a, m], [b, n]) => n - m || a - b)
    .map(([number, count], order): Keeper => ({
      id: doors.front.people[number]?.id ?? String(number), name: doors.front.people[number]?.name ?? "–", homes: count,
      look: FIRST_KEEPER + Math.min(order, KEEPERS - 1),
    }));
}

export function coverageLens(doors: Doors, homes: readonly string[]): Lens {
  const keepers = new Map(keepersOf(doors).map((one) => [one.id, one.look]));
  const looks = Uint8Array.from(homes, (place) => {
    const door = doors.byPlace.get(place);
    if (!door?.covered) return LOOK.uncovered;
    const first = door.covered_by[0];
    return (first === undefined ? undefined : keepers.get(doors.front.people[first]?.id ?? "")) ?? FIRST_KEEPER;
  });
  return {
    key: `coverage ${doors.front.campaign_id} ${doors.front.place_id} ${looks.join("").length} ${sum(looks)}`,
    moments: 1,
    look: (home) => looks[home] ?? LOOK.uncovered,
    badge: () => BADGE.none,
    gauge: () => null,
  };
}

/** Where no doors are known: how many of each building's homes somebody covers. */
export function coverageOfBuildings(coverage: Coverage): Lens {
  const parts = new Map(coverage.parts.map((one) => [one.place_id, one]));
  return {
    key: `coverage of buildings ${coverage.place.id} ${coverage.day} ${coverage.covered}`,
    moments: 1,
    look: () => LOOK.unknown,
    badge: () => 0,
    gauge(building: Building) {
      const part = parts.get(building.place);
      const homes = part?.homes ?? building.homes;
      return {
        day: coverage.day, homes,
        parts: [{ look: FIRST_KEEPER, homes: part?.covered ?? 0 }, { look: LOOK.uncovered, homes: homes - (part?.covered ?? 0) }],
      };
    },
  };
}

export function plansOfCoverage(coverage: Coverage): Plan[] {
  return coverage.parts.map((one) => ({ place: one.place_id, code: one.code, name: nameOf(one), floors: null, homes: one.homes, doors: null }));
}

function sum(looks: Uint8Array): number {
  let hash = 0;
  for (const look of looks) hash = (Math.imul(hash, 31) + look) | 0;
  return hash;
}
