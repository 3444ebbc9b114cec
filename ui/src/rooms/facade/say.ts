/** What is said of buildings and windows, in words. */
import type { Doors } from "./lenses/campaign";
import { dayOf, type Nights } from "./lenses/lights";
import { BADGE, FIRST_KEEPER, LOOK, stateOf, type BadgeName, type LookName } from "./scene/looks";

const NAMES = new Map<number, LookName>(Object.entries(LOOK).map(([name, look]) => [look, name as LookName]));
const BADGES = new Map<number, BadgeName>(Object.entries(BADGE).map(([name, badge]) => [badge, name as BadgeName]));
export const STATE_LOOKS = [LOOK.lived_in, LOOK.low, LOOK.micro, LOOK.dark, LOOK.unknown] as const;
export const STATUS_LOOKS = [LOOK.to_visit, LOOK.claimed, LOOK.visited, LOOK.done, LOOK.unreachable, LOOK.not_enrolled] as const;
export const EVENT_BADGES = [BADGE.returned, BADGE.went_dark, BADGE.frozen_high] as const;

/** The name of a look's state or status; `covered` for who covers. */
export function lookName(look: number): string {
  return look >= FIRST_KEEPER ? "covered" : (NAMES.get(stateOf(look)) ?? "unknown");
}
export function badgeName(badge: number): BadgeName {
  return BADGES.get(badge) ?? "none";
}

export interface Standing {
  state: string;
  /** Since when it is so; null where that was before the first night. */
  since: string | null;
  /** The first night of the film, for "since before". */
  first: string;
  carried: boolean;
  event: { kind: string; day: string } | null;
}

/** What a home is on a night, and since when. */
export function standingOn(nights: Nights, home: number, moment: number): Standing {
  const look = (night: number) => nights.looks[night * nights.homes + home] ?? LOOK.unknown;
  const now = look(moment);
  let since = moment;
  while (since > 0 && stateOf(look(since - 1)) === stateOf(now)) since--;
  const badge = badgeName(nights.badges[moment * nights.homes + home] ?? 0);
  return {
    state: lookName(now), carried: now !== stateOf(now), first: dayOf(nights.first),
    since: since === 0 ? null : dayOf(nights.first + since), event: badge === "none" ? null : { kind: badge, day: dayOf(nights.first + moment) },
  };
}

/** Who covers a home, and who has its task, by name. */
export function peopleOf(doors: Doors | null, place: string): { covers: string[]; owner: string | null; covered: boolean } {
  const door = doors?.byPlace.get(place);
  const name = (number: number) => doors?.front.people[number]?.name ?? "–";
  return { covers: (door?.covered_by ?? []).map(name), owner: door?.owner === null || door?.owner === undefined ? null : name(door.owner), covered: door?.covered ?? false };
}

