/** The picture in words: the legend, a building's second line, and what is read out of each spot. */
import { word } from "@/language/domain";
import type { LensName } from "./facade";
import { counted, type Nights, type Sums } from "./lenses/lights";
import type { Doors, Keeper } from "./lenses/campaign";
import type { Entry } from "./parts/Legend.vue";
import { EVENT_BADGES, STATE_LOOKS, STATUS_LOOKS, badgeName, lookName, peopleOf, standingOn } from "./say";
import { BADGE, FIRST_KEEPER, KEEPERS, LOOK, stateOf } from "./scene/looks";
import type { Building, Lens, Pane } from "./scene/types";
import type { useWords } from "./words";

export interface Words {
  t: ReturnType<typeof useWords>["t"];
  n: ReturnType<typeof useWords>["n"];
  day: (value: string | null) => string;
}

function sumOf(sums: Sums | null, wanted: (look: number) => boolean): number {
  let homes = 0;
  for (const [look, count] of sums?.looks ?? []) if (wanted(look)) homes += count;
  return homes;
}

/** What is told of a look; null where all of it is held back, which is not the same as none. */
function known(sums: Sums | null, look: number): number | null {
  const homes = sumOf(sums, (one) => one === look);
  return homes === 0 && sums?.hidden.has(look) ? null : homes;
}

export function legendOf({ t }: Words, name: LensName, sums: Sums | null, keepers: readonly Keeper[], nights: Nights | null, night: number, done = 0): Entry[] {
  if (name === "campaign") {
    return STATUS_LOOKS.map((look) => ({ look, label: t(lookName(look) as "done"), count: sumOf(sums, (one) => one === look) }));
  }
  if (name === "coverage") return coverageLegend({ t }, sums, keepers);
  const entries: Entry[] = STATE_LOOKS.map((look) => ({ look, label: word("state", lookName(look)), count: known(sums, look) ?? undefined }));
  for (const look of [LOOK.dark_over, LOOK.micro_over, LOOK.low_over, LOOK.lived_in_over]) {
    const count = sumOf(sums, (one) => one === look);
    if (count) entries.push({ look, label: `${word("state", lookName(look))} · ${t("carriedOver")}`, count });
  }
  if (sums?.held) entries.push({ held: true, label: t("withheld"), count: sums.held, hint: t("withheldHint") });
  if (nights) {
    const badges = new Map<number, number>();
    for (const badge of nights.badges.subarray(night * nights.homes, (night + 1) * nights.homes)) badges.set(badge, (badges.get(badge) ?? 0) + 1);
    for (const badge of EVENT_BADGES) {
      const count = badges.get(badge) ?? 0;
      if (count || badge !== BADGE.frozen_high) entries.push({ badge, label: word("event", badgeName(badge)), count });
    }
    if (done) entries.push({ badge: BADGE.done, label: t("doneTick"), count: done });
  }
  return entries;
}

function coverageLegend({ t }: Pick<Words, "t">, sums: Sums | null, keepers: readonly Keeper[]): Entry[] {
  const entries: Entry[] = [{ look: LOOK.uncovered, label: t("uncovered"), count: sumOf(sums, (look) => look === LOOK.uncovered) }];
  if (!keepers.length) return [...entries, { look: FIRST_KEEPER, label: t("covered"), count: sumOf(sums, (look) => look >= FIRST_KEEPER) }];
  const last = FIRST_KEEPER + KEEPERS - 1;
  const own = keepers.filter((one) => one.look < last || keepers.length <= KEEPERS);
  entries.push(...own.map((one) => ({ look: one.look, label: one.name, count: sumOf(sums, (look) => look === one.look) })));
  const rest = keepers.length - own.length;
  if (rest) entries.push({ look: last, label: t("others", { n: rest }, rest), count: sumOf(sums, (look) => look === last) });
  return entries;
}

export interface Kind {
  key: string;
  label: string;
  /** Null is held back. */
  count: (sums: Sums) => number | null;
}
/** The columns of the table. */
export function kindsOf({ t }: Words, name: LensName, told: boolean): Kind[] {
  const kind = (look: number, label: string): Kind => ({ key: `look-${look}`, label, count: (sums) => (sums.hidden.has(look) ? known(sums, look) : sumOf(sums, (one) => stateOf(one) === look)) });
  if (name === "campaign") return STATUS_LOOKS.map((look) => kind(look, t(lookName(look) as "done")));
  if (name === "coverage") {
    return [kind(LOOK.uncovered, t("uncovered")), { key: "covered", label: t("covered"), count: (sums) => sumOf(sums, (look) => look >= FIRST_KEEPER) }];
  }
  const states = STATE_LOOKS.map((look) => kind(look, word("state", lookName(look))));
  return told ? [...states, { key: "held", label: t("withheld"), count: (sums) => sums.held }] : states;
}

/** Under a building's name, where there is something that its windows do not say. */
export function captionOf({ t, n }: Words, name: LensName, lens: Lens, building: Building, moment: number): { text: string; alarm: boolean } | null {
  const sums = counted(lens, [building], moment);
  if (name === "campaign") {
    const enrolled = sumOf(sums, (look) => look !== LOOK.not_enrolled);
    if (!enrolled) return null;
    return { text: t("doneShare", { done: sumOf(sums, (look) => look === LOOK.done), all: enrolled }), alarm: false };
  }
  if (name === "coverage") {
    const open = sumOf(sums, (look) => look === LOOK.uncovered);
    return open ? { text: t("notCovered", { n: open }), alarm: true } : { text: t("allCovered"), alarm: false };
  }
  const gauge = lens.gauge(building, moment);
  if (!gauge) return null;
  const lit = gauge.parts.find((part) => part.look === LOOK.lived_in)?.homes;
  return { text: lit === null || lit === undefined ? t("withheld") : t("litShare", { share: n(lit / Math.max(1, gauge.homes), "percent") }), alarm: false };
}

export interface Shown {
  lens: Lens | null;
  name: LensName;
  moment: number;
  nights: Nights | null;
  doors: Doors | null;
}
/** "Building 3, floor 5, door 502: dark since 12 Feb". */
export function describe(words: Words, shown: Shown, building: Building, pane: Pane | null): string {
  const { t } = words;
  if (!shown.lens) return building.name;
  const moment = Math.min(shown.moment, shown.lens.moments - 1);
  if (!pane) {
    const sums = counted(shown.lens, [building], moment);
    const said = legendOf(words, shown.name, sums, [], null, 0).filter((one) => one.count).map((one) => `${one.label} ${one.count}`);
    return t("spot", { name: building.name, text: said.join(t("comma")) });
  }
  const where = [building.name, pane.unit && t("unit", { name: pane.unit }), pane.floor === null ? t("floorUnknown") : t("floor", { floor: pane.floor }), pane.door && t("door", { door: pane.door })];
  return t("spot", { name: where.filter(Boolean).join(t("comma")), text: stateText(words, shown, moment, pane) });
}

function stateText({ t, day }: Words, shown: Shown, moment: number, pane: Pane): string {
  if (shown.name === "lights" && shown.nights) {
    const now = standingOn(shown.nights, pane.home, moment);
    const state = word("state", now.state);
    const text = now.state === "unknown" ? state : now.since ? t("since", { day: day(now.since), state }) : t("sinceBefore", { day: day(now.first), state });
    return [text, now.carried && t("carriedOver"), now.event && word("event", now.event.kind)].filter(Boolean).join(t("comma"));
  }
  if (shown.name === "lights") return t("withheld");
  const door = shown.doors?.byPlace.get(pane.place);
  if (shown.name === "campaign") return [door && t(door.status), door?.outcome && word("outcome", door.outcome)].filter(Boolean).join(t("comma"));
  const people = peopleOf(shown.doors, pane.place);
  return people.covers.join(t("comma")) || t(people.covered ? "covered" : "uncovered");
}
