/** The guided tour of a demo: where one is in it is remembered by the device, for each person. */
import { computed, reactive } from "vue";
import { api, ask } from "@/api/client";
import { router } from "@/router";
import { demo } from "@/shell/about";
import { may, session } from "@/session/session";
import { tourFor } from "./stops";

interface Kept {
  /** The stop that one is at, from 0. */
  at: number;
  /** It is on the screen. */
  on: boolean;
  /** Somebody said "not now", or came to its end: it is not offered any more, only kept in the menu. */
  done: boolean;
}
const FRESH: Kept = { at: 0, on: false, done: false };
const state = reactive({ person: "", ...FRESH, campaign: null as string | null });
const key = () => `lamplit.tour.${state.person}`;

function know(): void {
  const person = session.me?.person_id ?? "";
  if (person === state.person) return;
  let kept = FRESH;
  state.person = person;
  try {
    kept = { ...FRESH, ...(JSON.parse(localStorage.getItem(key()) ?? "{}") as Partial<Kept>) };
  } catch {
    // Storage is off: the tour begins anew at each visit.
  }
  Object.assign(state, kept, { campaign: null });
}
function keep(more: Partial<Kept>): void {
  Object.assign(state, more);
  try {
    localStorage.setItem(key(), JSON.stringify({ at: state.at, on: state.on, done: state.done }));
  } catch {
    // It lasts for this visit.
  }
}

const exists = (path: string): boolean => router.resolve(path).name !== "missing";

export function useTour() {
  const tour = computed(() => {
    know();
    return demo.value && session.me ? tourFor((one) => may(one), exists) : null;
  });
  const at = computed(() => Math.min(state.at, (tour.value?.stops.length ?? 1) - 1));
  const stop = computed(() => tour.value?.stops[at.value] ?? null);

  async function address(): Promise<string> {
    const path = stop.value?.path ?? "/";
    if (path.includes("{campaign}") && !state.campaign) {
      const all = await ask(api.GET("/api/v1/campaigns", {})).catch(() => []);
      const open = all.filter((one) => one.state === "open");
      state.campaign = (open.find((one) => one.programme === "household_sweep") ?? open[0])?.code ?? null;
    }
    return state.campaign === null && path.includes("{campaign}") ? "/campaigns" : path.replace("{campaign}", state.campaign ?? "");
  }
  async function show(): Promise<void> {
    await router.push(await address());
  }
  async function go(to: number): Promise<void> {
    const last = (tour.value?.stops.length ?? 1) - 1;
    if (to > last) return keep({ on: false, at: 0, done: true });
    keep({ on: true, at: Math.max(0, to) });
    await show();
  }
  return {
    tour, at, stop, show,
    on: computed(() => state.on && stop.value !== null),
    offered: computed(() => tour.value !== null && !state.done && !state.on),
    begin: () => go(at.value),
    next: () => go(at.value + 1),
    back: () => go(at.value - 1),
    /** Off the screen; it goes on where it was. */
    pause: () => keep({ on: false }),
    refuse: () => keep({ on: false, done: true }),
  };
}
