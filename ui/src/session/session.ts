/** Who sits here, and what they may do where today. */
import { computed, reactive } from "vue";
import { api, ask, keepCsrf, whenSignedOut, whenUntold, type Schemas } from "@/api/client";
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
  /** The session ran out while its owner was at work: what needs no server goes on. */
  ended: false,
  asked: false,
});

/** Who performs tasks is remembered by the device until they sign out: work goes on without a signal. */
const KEPT = "lamplit.person";

export function remembered(): Me | null {
  try {
    const kept = localStorage.getItem(KEPT);
    return kept ? ({ ...(JSON.parse(kept) as Me), csrf: null }) : null;
  } catch {
    return null;
  }
}

function keepPerson(me: Me | null): void {
  try {
    if (me?.duties.some((duty) => duty.abilities.includes("perform"))) localStorage.setItem(KEPT, JSON.stringify({ ...me, csrf: null }));
    // Who withdrew while notes of theirs wait is remembered as well; another person never is the one before.
    else if (!me || remembered()?.person_id !== me.person_id) localStorage.removeItem(KEPT);
  } catch {
    // Storage is off: there is nothing to work offline with either.
  }
}

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
    session.offline = fault.passing;
    if (fault.passing) session.me ??= remembered();
    else ranOut();
  }
  session.asked = true;
}

/** What a change must bear: the device doesn't keep it, so one that began without a signal asks for it now. */
export async function csrfNow(): Promise<string | null> {
  await known();
  return session.me?.csrf ?? null;
}

/** As if it had been asked: what the device remembers, for pages that can do without the server. */
export function fromMemory(): boolean {
  session.me ??= remembered();
  return session.me !== null;
}

export async function signIn(username: string, password: string): Promise<void> {
  const made = await ask(api.POST("/api/v1/sign-in", { body: { username, password } }));
  keepCsrf(made.csrf);
  await refresh();
}

/** Rooms may have something to say before somebody leaves; the address where they say it, or null to go. */
type Leaving = () => Promise<string | null>;
const leaving: Leaving[] = [];

export function beforeLeaving(ask_: Leaving): void {
  leaving.push(ask_);
}

/** What rooms clear away once somebody leaves. */
const left: (() => Promise<void>)[] = [];

export function whenLeft(clear: () => Promise<void>): void {
  left.push(clear);
}

/** Sign out; gives the address of a page that has to be seen first, where there is one. */
export async function signOut(sure = false): Promise<string | null> {
  if (!sure) for (const one of leaving) {
    const first = await one();
    if (first) return first;
  }
  try {
    await ask(api.POST("/api/v1/sign-out", {}));
  } catch (fault) {
    // A session that ended already is as good as ended; without a server it can't be.
    if (!(fault instanceof Problem && fault.status === 401)) throw fault;
  }
  for (const one of left) await one();
  keepPerson(null);
  take(null);
  return null;
}

function take(me: Me | null): void {
  session.me = me;
  if (me) keepZone(me.timezone);
  session.ended = false;
  keepCsrf(me?.csrf ?? null);
  if (me) keepPerson(me);
}

/** The session is over, not the work: who is remembered stays at it. */
function ranOut(): void {
  const me = remembered();
  take(null);
  session.me = me;
  session.ended = me !== null;
}

whenSignedOut(ranOut);
whenUntold(() => (session.offline ? known() : Promise.resolve()));

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
