/** The phone as its pages see it: what is kept, what waits, how the line is. One for all pages. */
import Dexie, { liveQuery, type Subscription } from "dexie";
import { computed, reactive, shallowRef, watch } from "vue";
import { language } from "@/language/i18n";
import { refresh, session } from "@/session/session";
import { clockOffset, now as correctedNow, onClock } from "./core/clock";
import { PhoneStore, recall, remember } from "./core/database";
import { buildingsOf, doorsOf, isEmpty } from "./core/doors";
import { mark, missing, seen, type Mark } from "./core/mark";
import { netIn } from "./core/net";
import * as queue from "./core/queue";
import type { Act, Entry, KeptEvidence, KeptList, Trouble } from "./core/records";
import { UNSENT } from "./core/records";
import { isFull, makeRoom, nearlyFull, roomLeft, type RoomLeft } from "./core/room";
import { send } from "./core/sender";
import { dropEvidence, fetchDoors } from "./core/sync";

const EVERY_MS = 60_000;
const STALE_MS = 5 * 60_000;

export const phone = reactive({
  /** Whose phone it is now. */
  person: "",
  ready: false,
  online: navigator.onLine,
  syncing: false,
  /** Somebody else's network answers for the server. */
  portal: false,
  now: correctedNow(),
  offset: clockOffset(),
  room: { persistent: null, used: null, quota: null } as RoomLeft,
  full: false,
  /** What the last fetch of the doors met; null where it went well. */
  trouble: null as Trouble | null,
  /** What the browser cleared away before it was sent, until its owner has seen it. */
  gone: null as Mark | null,
});

export const store = shallowRef<PhoneStore | null>(null);
export const entries = shallowRef<Entry[]>([]);
export const acts = shallowRef<Act[]>([]);
export const list = shallowRef<KeptList | null>(null);
export const evidence = shallowRef<KeptEvidence[]>([]);
/** When this phone and the server last had the same to say, by the server's clock. */
export const synced = shallowRef<Date | null>(null);

export const doors = computed(() => doorsOf(list.value, entries.value, acts.value, phone.now));
export const buildings = computed(() => buildingsOf(doors.value.filter((one) => one.mine)));
export const unsent = computed(
  () => entries.value.filter((one) => UNSENT.includes(one.state)).length + acts.value.filter((one) => one.state === "queued" || one.state === "sending").length,
);
const begun = computed(() => entries.value.filter((one) => one.state === "draft").length);
export const nearly = computed(() => phone.full || nearlyFull(phone.room));

const net = netIn(language);
let subscriptions: Subscription[] = [];
let opening: Promise<void> | null = null;

/** Open the store of who sits here; again for another person. Pages wait for it. */
export function openPhone(): Promise<void> {
  const person = session.me?.person_id ?? "";
  if (!person || (phone.person === person && opening)) return opening ?? Promise.resolve();
  phone.person = person;
  opening = openFor(person);
  return opening;
}

async function openFor(person: string): Promise<void> {
  phone.ready = false;
  closePhone();
  const made = new PhoneStore(person);
  await made.open();
  store.value = made;
  await dropEvidence(made);
  phone.gone = await missing(made);
  const follow = <Found>(ask: () => Promise<Found>, take: (found: Found) => void) =>
    new Promise<void>((first) => {
      const subscription = liveQuery(ask).subscribe({ next: (found) => (take(found), first()), error: () => first() });
      subscriptions.push(subscription);
    });
  await Promise.all([
    follow(() => entriesIn(made), (found) => (entries.value = found)),
    follow(() => actsIn(made), (found) => (acts.value = found)),
    follow(() => made.lists.get("tasks"), (found) => (list.value = found ?? null)),
    follow(() => made.evidence.toArray(), (found) => (evidence.value = found)),
    recall<number>(made, "synced").then((at) => (synced.value = at ? new Date(at) : null)),
  ]);
  phone.ready = true;
  markIt();
  void roomLeft().then((room) => (phone.room = room));
}

/** What waits is told where a cleared store leaves it; not before the store has been read. */
function markIt(): void {
  if (phone.ready && store.value) mark(store.value.person, { unsent: unsent.value, begun: begun.value, at: phone.now.getTime() });
}

/** Its owner has seen what is gone. */
export async function sawGone(): Promise<void> {
  if (store.value) await seen(store.value);
  phone.gone = null;
}

/** Nobody's phone any more. */
export function forgetPhone(): void {
  closePhone();
  phone.person = "";
  opening = null;
}

function closePhone(): void {
  subscriptions.forEach((one) => one.unsubscribe());
  subscriptions = [];
  store.value?.close();
  store.value = null;
  entries.value = [];
  acts.value = [];
  list.value = null;
  evidence.value = [];
  synced.value = null;
}

/** Because somebody asks: what waits after a failure goes at once. */
export async function syncNow(): Promise<void> {
  if (store.value) await queue.wake(store.value, true);
  await sync(true);
}

let syncing: Promise<void> | null = null;

/** Send what waits, then fetch the doors where they may be old. Never two at once. */
export function sync(fresh = false): Promise<void> {
  syncing ??= syncOnce(fresh).catch(stumbled).finally(() => {
    syncing = null;
    phone.syncing = false;
  });
  return syncing;
}

/** The store went away (another person signed in), or is full; nothing of what waits is gone. */
async function stumbled(fault: unknown): Promise<void> {
  if (isFull(fault)) {
    phone.full = true;
    if (store.value) await makeRoom(store.value).catch(() => undefined);
  } else if (!(fault instanceof Dexie.DatabaseClosedError)) throw fault;
}

async function syncOnce(fresh: boolean): Promise<void> {
  const mine = store.value;
  if (!mine || !navigator.onLine) return;
  phone.syncing = true;
  const round = await send(mine, net);
  phone.portal = round === "offline" && entries.value.some((one) => one.trouble?.code === "client.portal");
  if (round === "sign_in" || round === "other_person") {
    await refresh();
    return;
  }
  if (round === "offline") {
    phone.online = false;
    return;
  }
  // A round that was cut off has left a new list, and maybe not the forms for it.
  const ages = [Date.now() - (list.value?.fetched ?? 0), correctedNow().getTime() - (synced.value?.getTime() ?? 0)];
  const old = Math.max(...ages) > STALE_MS;
  if (fresh || old || round === "sent") await fetchAgain(mine);
  else phone.online = true;
  void roomLeft().then((room) => (phone.room = room));
}

async function fetchAgain(mine: PhoneStore): Promise<void> {
  const got = await fetchDoors(mine, language());
  if (got.kind === "told") {
    phone.online = true;
    phone.trouble = null;
    synced.value = correctedNow();
    await remember(mine, "synced", synced.value.getTime());
    if (session.offline) await refresh();
  } else if (got.kind === "sign_in") await refresh();
  else {
    phone.online = !(got.kind === "wait" && got.line);
    phone.portal = got.trouble.code === "client.portal";
    phone.trouble = phone.online ? got.trouble : null;
  }
}

/** The service worker sends when the line comes back, also with the page closed, where it can. */
export async function ringLater(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
  const background = (registration as { sync?: { register(tag: string): Promise<void> } } | undefined)?.sync;
  await background?.register(`lamplit-send-${phone.person}`).catch(() => undefined);
}

/** After something was put into the queue: every page says so when this resolves; it is sent meanwhile. */
export async function queued(): Promise<void> {
  if (store.value) await lookAgain(store.value);
  void ringLater();
  void sync();
}

/** A live query tells a little later, and until then a page would say that all is sent. */
async function lookAgain(mine: PhoneStore): Promise<void> {
  entries.value = await entriesIn(mine);
  acts.value = await actsIn(mine);
}

const entriesIn = async (mine: PhoneStore) => (await mine.entries.orderBy("order").toArray()).filter((one) => !isEmpty(one));
const actsIn = (mine: PhoneStore) => mine.acts.orderBy("order").toArray();

let wired = false;

/** Listen to the line, the clock and the page's comings and goings; once. */
export function wire(): void {
  if (wired) return;
  wired = true;
  const back = async () => {
    phone.online = navigator.onLine;
    if (!phone.online || document.visibilityState !== "visible") return;
    if (store.value) await queue.wake(store.value);
    await sync();
  };
  addEventListener("online", () => void back());
  addEventListener("offline", () => (phone.online = false));
  document.addEventListener("visibilitychange", () => void back());
  setInterval(() => (phone.now = correctedNow()), 15_000);
  setInterval(() => void (document.visibilityState === "visible" && sync()), EVERY_MS);
  // What is held for taking back leaves soon after.
  setInterval(() => void (unsent.value && phone.online && due() && sync()), 2_000);
  onClock(() => {
    phone.offset = clockOffset();
    phone.now = correctedNow();
  });
  watch([unsent, begun], markIt, { flush: "sync" });
  watch(() => session.me?.person_id, () => void (session.me && openPhone().then(() => sync(true))));
  watch(() => session.ended, (ended) => void (!ended && session.me && sync(true)));
}

function due(): boolean {
  const soon = (one: Entry | Act) => one.state === "queued" && one.not_before <= Date.now();
  return entries.value.some(soon) || acts.value.some(soon);
}
