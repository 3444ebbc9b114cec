/** What the façade of a place shows: asked for as needed, made into buildings and a lens. */
import { computed, ref, shallowRef, watch, type ComputedRef, type Ref } from "vue";
import { api, ask, type Schemas } from "@/api/client";
import { problemOf, type Problem } from "@/api/problem";
import { openCampaigns } from "@/parts/opening";
import { may } from "@/session/session";
import { buildingsOf } from "./scene/fronts";
import type { Building, Lens } from "./scene/types";
import { dayNumber, dayOf, lightsLens, nightsOf, plansOf, spotlit, toldLens, type Film, type Nights } from "./lenses/lights";
import {
  campaignLens, coverageLens, coverageOfBuildings, doneHomes, doorsOf, plansOfCoverage, plansOfFront, type CampaignFront, type Coverage, type Doors,
} from "./lenses/campaign";

export type LensName = "lights" | "campaign" | "coverage";
type Campaign = Schemas["Campaign"];
type Place = Schemas["Place"];

export interface Wishes {
  place: Ref<string>;
  /** Null until somebody chose: then the one that shows windows. */
  lens: Ref<LensName | null>;
  campaign: Ref<string | null>;
  spotlight: Ref<ReadonlySet<number>>;
}

export interface FacadeShown {
  place: Ref<Place | null>;
  film: Ref<Film | null>;
  nights: ComputedRef<Nights | null>;
  campaigns: Ref<Campaign[]>;
  doors: ComputedRef<Doors | null>;
  coverage: Ref<Coverage | null>;
  buildings: ComputedRef<Building[]>;
  homes: ComputedRef<string[]>;
  /** The lens without and with what is pointed out. */
  plain: ComputedRef<Lens | null>;
  lens: ComputedRef<Lens | null>;
  lenses: ComputedRef<LensName[]>;
  shownLens: ComputedRef<LensName | undefined>;
  problem: Ref<Problem | null>;
  busy: Ref<boolean>;
  load: () => Promise<void>;
}

export function useFacade(wish: Wishes): FacadeShown {
  const place = shallowRef<Place | null>(null);
  const film = shallowRef<Film | null>(null);
  const campaigns = shallowRef<Campaign[]>([]);
  const front = shallowRef<CampaignFront | null>(null);
  const coverage = shallowRef<Coverage | null>(null);
  const problem = shallowRef<Problem | null>(null);
  const busy = ref(false);
  let turn = 0;

  async function load(): Promise<void> {
    const mine = ++turn;
    busy.value = true;
    problem.value = null;
    try {
      const found = await ask(api.GET("/api/v1/places/{place}", { params: { path: { place: wish.place.value } } }));
      // One answer after the other would take twice as long; a lens that is not to be had is no problem.
      const [shot, open] = await Promise.all([
        found.kind === "community" ? filmOf(found) : null,
        may("see_doors") ? openCampaigns(found) : [],
      ]);
      const chosen = chosenOf(open, wish.campaign.value);
      const [doors, covers] = await Promise.all([
        chosen ? frontOf(chosen, found) : null,
        may("see_people") ? coverageOf(found) : null,
      ]);
      if (mine !== turn) return;
      place.value = found;
      film.value = shot;
      campaigns.value = open;
      front.value = doors;
      coverage.value = covers;
    } catch (fault) {
      if (mine === turn) problem.value = problemOf(fault);
    } finally {
      if (mine === turn) busy.value = false;
    }
  }

  watch(wish.place, () => {
    place.value = film.value = front.value = coverage.value = null;
    void load();
  });
  watch(wish.campaign, async (now) => {
    const chosen = chosenOf(campaigns.value, now);
    if (!place.value || !chosen || chosen.id === front.value?.campaign_id) return;
    busy.value = true;
    front.value = await frontOf(chosen, place.value);
    busy.value = false;
  });
  void load();

  const doors = computed(() => (front.value?.buildings.length ? doorsOf(front.value) : null));
  const scene = computed(() => {
    if (film.value?.single_homes) return buildingsOf(plansOf(film.value));
    // Doors that a campaign tells give the better outline, also where the lights are told by building.
    if (front.value?.buildings.length) return buildingsOf(plansOfFront(front.value));
    if (film.value) return buildingsOf(plansOf(film.value));
    return coverage.value ? buildingsOf(plansOfCoverage(coverage.value)) : { buildings: [], homes: [] };
  });
  const nights = computed(() => (film.value?.single_homes ? nightsOf(film.value, scene.value.homes) : null));
  const lenses = computed((): LensName[] => {
    const found: LensName[] = [];
    if (film.value) found.push("lights");
    if (doors.value) found.push("campaign");
    if (doors.value || coverage.value) found.push("coverage");
    return found;
  });
  const shownLens = computed((): LensName | undefined => {
    if (wish.lens.value && lenses.value.includes(wish.lens.value)) return wish.lens.value;
    return film.value?.single_homes || !doors.value ? lenses.value[0] : "campaign";
  });
  const plain = computed((): Lens | null => {
    const name = shownLens.value;
    const { homes } = scene.value;
    if (name === "lights" && film.value) {
      if (!nights.value) return toldLens(film.value);
      return lightsLens(film.value, nights.value, doors.value ? doneHomes(doors.value, homes) : undefined);
    }
    if (name === "campaign" && doors.value) return campaignLens(doors.value, homes);
    if (name === "coverage" && doors.value) return coverageLens(doors.value, homes);
    return coverage.value ? coverageOfBuildings(coverage.value) : null;
  });
  return {
    place, film, nights, campaigns, doors, coverage, problem, busy, load, lenses, shownLens, plain,
    buildings: computed(() => scene.value.buildings),
    homes: computed(() => scene.value.homes),
    lens: computed(() => (plain.value ? spotlit(plain.value, wish.spotlight.value) : null)),
  };
}

function chosenOf(open: readonly Campaign[], wanted: string | null): Campaign | undefined {
  return open.find((one) => one.code === wanted || one.id === wanted) ?? open[0];
}

async function filmOf(place: Place): Promise<Film | null> {
  try {
    return await ask(api.GET("/api/v1/places/{place}/film", { params: { path: { place: place.id } } }));
  } catch (fault) {
    const met = problemOf(fault);
    // No nights yet, or a role that has only part of the community: other lenses may still show it.
    if (met.status === 403 || met.code.startsWith("night.")) return null;
    throw met;
  }
}

async function frontOf(campaign: Campaign, place: Place): Promise<CampaignFront | null> {
  const path = { campaign: campaign.id };
  return ask(api.GET("/api/v1/campaigns/{campaign}/facade", { params: { path, query: { place: place.id } } })).catch(noneWhereRefused);
}

async function coverageOf(place: Place): Promise<Coverage | null> {
  return ask(api.GET("/api/v1/places/{place}/coverage", { params: { path: { place: place.id } } })).catch(noneWhereRefused);
}

function noneWhereRefused(fault: unknown): null {
  const met = problemOf(fault);
  if (met.passing) throw met;
  return null;
}

/** The moment of a day in the film; the last where it is not in it. */
export function momentOf(film: Film | null, day: string | null): number {
  if (!film) return 0;
  const last = dayNumber(film.last) - dayNumber(film.first);
  const wanted = day ? dayNumber(day) - dayNumber(film.first) : last;
  return Number.isFinite(wanted) && wanted >= 0 && wanted <= last ? wanted : last;
}

export function dayAt(film: Film | null, moment: number): string | null {
  return film ? dayOf(dayNumber(film.first) + Math.round(moment)) : null;
}
