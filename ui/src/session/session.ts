/** Who sits here, and what they may do where today. */
import { computed, reactive } from "vue";
import { api, ask, keepCsrf, whenSignedOut, type Schemas } from "@/api/client";
import { Problem } from "@/api/problem";
import { keepZone } from "@/language/i18n";

export type Me = Schemas["Me"];

export const ABILITIES = [
  "see_area", "see_people", "see_doors", "perform", "reveal", "reveal_curve", "assign", "lead",
  "analyse", "import", "manage_stock", "audit", "operate",
] as const;
export type Ability = (typeof ABILITIES)[number];

export const session = reactive({
  me: null as Me | null,
  /** The server could not be asked: what the device remembers may be shown. */
  offline: false,
  asked: false,
});

let asking: Promise<void> | null = null;

/** Ask once who sits here; later calls wait for the first answer. */
export function known(): Promise<void> {
  if (session.asked && !session.offline) return Promise.resolve();
  asking ??= refresh().finally(() => {
    asking = null;
  });
  return asking;
}

export async function refresh(): Promise<void> {
  try {
    take(await ask(api.GET("/api/v1/me", {})));
    session.offline = false;
  } catch (fault) {
    if (!(fault instanceof Problem)) throw fault;
    if (fault.passing) session.offline = true;
    else take(null);
  }
  session.asked = true;
}

export async function signIn(username: string, password: string): Promise<void> {
  const made = await ask(api.POST("/api/v1/sign-in", { body: { username, password } }));
  keepCsrf(made.csrf);
  await refresh();
}

export async function signOut(): Promise<void> {
  await ask(api.POST("/api/v1/sign-out", {}));
  take(null);
}

function take(me: Me | null): void {
  session.me = me;
  if (me) keepZone(me.timezone);
  keepCsrf(me?.csrf ?? null);
}

whenSignedOut(() => take(null));

const abilities = computed(() => new Set(session.me?.duties.flatMap((duty) => duty.abilities) ?? []));

/** Whether one has one of these abilities anywhere today. What the server says still counts. */
export function may(...wanted: Ability[]): boolean {
  return wanted.length === 0 || wanted.some((one) => abilities.value.has(one));
}

/** The places at which one has an ability today, the widest first. */
export function placesWith(wanted: Ability): Schemas["Place"][] {
  const order = ["city", "district", "community", "grid_cell", "building", "household"];
  return (session.me?.duties ?? [])
    .filter((duty) => duty.abilities.includes(wanted))
    .map((duty) => duty.place)
    .sort((one, other) => order.indexOf(one.kind) - order.indexOf(other.kind));
}
