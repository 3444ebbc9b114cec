/** Lights: the film of a community's homes; where single homes may not be seen, what is told of buildings. */
import type { Schemas } from "@/api/client";
import { BADGE, LOOK, POINTED, type BadgeName, type LookName } from "../scene/looks";
import type { Building, Gauge, Lens } from "../scene/types";
import type { Plan } from "../scene/fronts";
import { nameOf } from "@/language/words";

export type Film = Schemas["Film"];
type Household = NonNullable<Schemas["FilmBuilding"]["households"]>[number];
/** How many nights "just returned" is just. */
export const BADGE_NIGHTS = 5;
const MS_DAY = 86_400_000;

export const dayNumber = (day: string) => Math.round(Date.parse(`${day}T00:00:00Z`) / MS_DAY);
export const dayOf = (number: number) => new Date(number * MS_DAY).toISOString().slice(0, 10);

export function plansOf(film: Film): Plan[] {
  return film.buildings.map((one) => ({
    place: one.place_id, code: one.code, name: nameOf(one), floors: one.floors ?? null, homes: one.homes,
    doors: one.households?.map((home) => ({ place: home.place_id, unit: home.unit, floor: home.floor, door: home.door })) ?? null,
  }));
}

export interface Tick {
  went_dark: number;
  returned: number;
}
export interface Nights {
  first: number;
  count: number;
  /** Looks and badges, moment by moment: `[moment * homes + home]`. */
  looks: Uint8Array;
  badges: Uint8Array;
  homes: number;
  ticks: Tick[];
  byPlace: Map<string, Household>;
}

/** `homes`: place ids in the scene's numbering. A sign in lower case letters was carried over. */
export function nightsOf(film: Film, homes: readonly string[]): Nights {
  const first = dayNumber(film.first);
  const count = dayNumber(film.last) - first + 1;
  const looks = new Uint8Array(count * homes.length);
  const badges = new Uint8Array(count * homes.length);
  const ticks = Array.from({ length: count }, () => ({ went_dark: 0, returned: 0 }));
  const byPlace = new Map(film.buildings.flatMap((one) => (one.households ?? []).map((home) => [home.place_id, home] as const)));
  const bySign = new Map(Object.entries(film.signs).map(([sign, word]) => [sign.charCodeAt(0), lookOf(sign, word)]));
  homes.forEach((place, home) => {
    const found = byPlace.get(place);
    if (!found) return;
    for (let night = 0; night < count; night++) looks[night * homes.length + home] = bySign.get(found.states.charCodeAt(night)) ?? LOOK.unknown;
    for (const event of found.events) {
      const at = dayNumber(event.day) - first;
      const tick = ticks[at];
      if (tick && (event.kind === "went_dark" || event.kind === "returned")) tick[event.kind]++;
      const badge = BADGE[event.kind as BadgeName] ?? 0;
      for (let night = Math.max(0, at); night < Math.min(count, at + BADGE_NIGHTS); night++) badges[night * homes.length + home] = badge;
    }
  });
  return { first, count, looks, badges, homes: homes.length, ticks, byPlace };
}

function lookOf(sign: string, word: string): number {
  const over = /[a-z]/.test(sign) && word !== "unknown";
  return LOOK[(over ? `${word}_over` : word) as LookName] ?? LOOK.unknown;
}

/** `done`: homes to be ticked as visited, for who sees a campaign's doors as well. */
export function lightsLens(film: Film, nights: Nights, done: ReadonlySet<number> = new Set()): Lens {
  return {
    key: `lights ${film.place_id} ${film.first} ${film.last} ${done.size}`,
    moments: nights.count,
    look: (home, moment) => nights.looks[moment * nights.homes + home] ?? LOOK.unknown,
    badge: (home, moment) => nights.badges[moment * nights.homes + home] || (done.has(home) && moment === nights.count - 1 ? BADGE.done : 0),
    gauge: () => null,
  };
}

const ORDER = ["lived_in", "low", "micro", "dark", "unknown"] as const;

export function toldLens(film: Film): Lens {
  const first = dayNumber(film.first);
  const count = dayNumber(film.last) - first + 1;
  const made = new Map(film.buildings.map((one) => [one.place_id, (one.showings ?? []).map(gaugeOf)]));
  return {
    key: `told ${film.place_id} ${film.first} ${film.last}`,
    moments: count,
    look: () => LOOK.unknown,
    badge: () => 0,
    gauge(building, moment) {
      const day = dayOf(first + moment);
      const standing = made.get(building.place)?.filter((one) => one.day <= day).at(-1);
      // Nothing was told yet: all of it is held back.
      return standing ?? { parts: [], homes: building.homes, day };
    },
  };
}

function gaugeOf(showing: Schemas["Showing"]): Gauge {
  return { day: showing.day, homes: showing.homes, parts: ORDER.map((state) => ({ look: LOOK[state], homes: showing.counts[state] ?? null })) };
}

/** The nights on which something new was told. */
export function toldDays(film: Film): number[] {
  const first = dayNumber(film.first);
  return [...new Set(film.buildings.flatMap((one) => (one.showings ?? []).map((each) => Math.max(0, dayNumber(each.day) - first))))].sort((a, b) => a - b);
}

export interface Sums {
  looks: Map<number, number>;
  /** Homes of which nothing is told. */
  held: number;
  /** Looks of which some building's number is held back: what is told is not all. */
  hidden: Set<number>;
}
/** Known homes by look on a moment, over open fronts and closed ones; `held` is what is not told. */
export function counted(lens: Lens, buildings: readonly Building[], moment: number): Sums {
  const looks = new Map<number, number>();
  const hidden = new Set<number>();
  let held = 0;
  for (const building of buildings) {
    const gauge = lens.gauge(building, moment);
    if (gauge) {
      let known = 0;
      for (const part of gauge.parts) {
        if (part.homes === null) {
          hidden.add(part.look);
          continue;
        }
        known += part.homes;
        looks.set(part.look, (looks.get(part.look) ?? 0) + part.homes);
      }
      held += Math.max(0, gauge.homes - known);
      if (!gauge.parts.length) for (const state of ORDER) hidden.add(LOOK[state]);
    } else {
      for (const pane of building.panes) {
        const look = lens.look(pane.home, moment);
        looks.set(look, (looks.get(look) ?? 0) + 1);
      }
    }
  }
  return { looks, held, hidden };
}

/** Only some looks stand out; the others step back. */
export function spotlit(lens: Lens, wanted: ReadonlySet<number>): Lens {
  if (wanted.size === 0) return lens;
  return {
    ...lens,
    key: `${lens.key} only ${[...wanted].join()}`,
    look(home, moment) {
      const look = lens.look(home, moment);
      return wanted.has(look) ? (POINTED[look] ?? look) : LOOK.veiled;
    },
    badge: (home, moment) => (wanted.has(lens.look(home, moment)) ? lens.badge(home, moment) : 0),
    gauge: (building, moment) => lens.gauge(building, moment),
  };
}
