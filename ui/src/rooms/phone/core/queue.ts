/**
 * The queue: each change of a note's state is one transaction that looks at the state first, so
 * that a tap, the sender and another tab can come at once and exactly one goes on.
 */
import { nextOrder, uuid, type PhoneStore } from "./database";
import { UNSENT, type Act, type ActKind, type Door, type Entry, type EntryState, type Photo, type Receipt, type Trouble } from "./records";

/** So long one tap can be taken back before it is sent: as long as the word with "undo" stands. */
export const HELD_MS = 12_000;
/** A copy is kept so long after the receipt. */
export const KEPT_MS = 3 * 86_400_000;
const FIRST_WAIT = 4_000;
const LONGEST_WAIT = 300_000;

/** How long to wait after so many failures; spread out, so that a crowd does not come back at once. */
export function wait(attempts: number, chance = Math.random()): number {
  return Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(attempts, 10)) * (0.5 + chance / 2);
}

export interface Begun {
  door: Door;
  form: Entry["form"];
  /** The clock, corrected by the server's. */
  at: Date;
  answers?: Record<string, string>;
}

/** A draft for a door; the one that is there already where there is one. */
export function begin(store: PhoneStore, begun: Begun): Promise<Entry> {
  return store.transaction("rw", store.entries, store.words, async () => {
    const there = await store.entries.where("door.task_id").equals(begun.door.task_id).toArray();
    const draft = there.find((one) => one.state === "draft");
    return draft ?? add(store, begun, "draft", there);
  });
}

async function add(store: PhoneStore, begun: Begun, state: EntryState, there: Entry[]): Promise<Entry> {
  // What this phone says of a task builds on what it said before, until the server's list is newer.
  const before = there.filter((one) => one.state !== "draft" && one.branch.trunk === begun.door.version);
  const trunk = begun.door.version;
  const made: Entry = {
    id: `uuid:${uuid()}`,
    order: await nextOrder(store),
    state,
    door: plain(begun.door),
    form: begun.form,
    branch: { id: before[0]?.branch.id ?? uuid(), base: trunk + before.length, trunk },
    answers: plain(begun.answers ?? {}),
    xml: null,
    quick: false,
    started_at: begun.at.toISOString(),
    changed_at: begun.at.toISOString(),
    queued_at: null,
    not_before: 0,
    attempts: 0,
    trouble: null,
    receipt: null,
    settled_at: null,
  };
  await store.entries.add(made);
  return made;
}

/** Keep a draft's answers. False where it is no draft any more. */
export function keep(store: PhoneStore, id: string, answers: Record<string, string>, at: Date): Promise<boolean> {
  return move(store, id, ["draft"], () => ({ answers: plain(answers), changed_at: at.toISOString() }));
}

/** It is done: from now on it is sent as these bytes. */
export function finish(store: PhoneStore, id: string, xml: string, at: Date): Promise<boolean> {
  return move(store, id, ["draft"], () => ({ state: "queued", xml, queued_at: at.toISOString(), not_before: 0 }));
}

/** One tap: a note that is begun and done at once, and held for a moment so that it can be taken back. */
export function tap(store: PhoneStore, begun: Begun, write: (entry: Entry) => string, now: number): Promise<Entry> {
  return store.transaction("rw", store.entries, store.words, async () => {
    const there = await store.entries.where("door.task_id").equals(begun.door.task_id).toArray();
    const made = await add(store, begun, "queued", there);
    const change = { xml: write(made), quick: true, queued_at: begun.at.toISOString(), not_before: now + HELD_MS };
    await store.entries.update(made.id, change);
    return { ...made, ...change };
  });
}

/** Take back a tap that has not left yet. False where it has. */
export function takeBack(store: PhoneStore, id: string): Promise<boolean> {
  return store.transaction("rw", store.entries, async () => {
    const entry = await store.entries.get(id);
    if (entry?.state !== "queued" || !entry.quick || entry.attempts > 0) return false;
    await store.entries.delete(id);
    return true;
  });
}

/** Throw a draft away, because its owner says so. */
export function discard(store: PhoneStore, id: string): Promise<boolean> {
  return store.transaction("rw", store.entries, store.photos, async () => {
    if ((await store.entries.get(id))?.state !== "draft") return false;
    await store.photos.where("entry").equals(id).delete();
    await store.entries.delete(id);
    return true;
  });
}

/** Send what was refused once more, as it is. */
export function again(store: PhoneStore, id: string): Promise<boolean> {
  return move(store, id, ["refused"], () => ({ state: "queued", not_before: 0, trouble: null }));
}

/**
 * Mark it as under way. Its count of attempts grows before the first byte leaves: an attempt that
 * never ends is an attempt.
 */
export function takeUp(store: PhoneStore, id: string): Promise<boolean> {
  return move(store, id, ["queued"], (entry) => ({ state: "sending", attempts: entry.attempts + 1 }));
}

export function failed(store: PhoneStore, id: string, trouble: Trouble, until: number): Promise<boolean> {
  return move(store, id, ["sending"], () => ({ state: "queued", trouble, not_before: until }));
}

export function refuse(store: PhoneStore, id: string, trouble: Trouble): Promise<boolean> {
  return move(store, id, ["sending"], () => ({ state: "refused", trouble }));
}

/** The server has it. */
export function settle(store: PhoneStore, id: string, receipt: Receipt, now: number): Promise<boolean> {
  const state = receipt.state === "quarantined" ? "set_aside" : "received";
  return move(store, id, ["sending"], () => ({ state, receipt, trouble: null, settled_at: now }));
}

/**
 * What a killed page left under way goes again. Only for who holds the sender's lock: else somebody
 * may be at it.
 */
export function pickUp(store: PhoneStore): Promise<void> {
  return store.transaction("rw", store.entries, store.acts, async () => {
    await store.entries.where("state").equals("sending").modify({ state: "queued" });
    await store.acts.where("state").equals("sending").modify({ state: "queued" });
  });
}

/** The line is back: what waited because it was gone need not wait; nor does anything where a person asks. */
export function wake(store: PhoneStore, all = false): Promise<void> {
  return store.transaction("rw", store.entries, store.acts, async () => {
    const waits = (one: { trouble: Trouble | null }) => one.trouble !== null && (all || one.trouble.code.startsWith("client."));
    await store.entries.where("state").equals("queued").filter(waits).modify({ not_before: 0 });
    await store.acts.where("state").equals("queued").filter(waits).modify({ not_before: 0 });
  });
}

/** Forget copies whose receipt is some days old. */
export function forget(store: PhoneStore, now: number, after = KEPT_MS): Promise<number> {
  return store.transaction("rw", store.entries, store.photos, store.acts, async () => {
    const old = await store.entries
      .where("state").anyOf("received", "set_aside")
      .filter((one) => (one.settled_at ?? now) <= now - after)
      .primaryKeys();
    await store.photos.where("entry").anyOf(old).delete();
    await store.entries.bulkDelete(old);
    await store.acts.where("state").anyOf("done", "refused").filter((one) => (one.settled_at ?? now) <= now - after).delete();
    return old.length;
  });
}

export async function unsent(store: PhoneStore): Promise<number> {
  return (await store.entries.where("state").anyOf([...UNSENT]).count()) + (await store.acts.where("state").anyOf("queued", "sending").count());
}

/** Keep a photo with a draft; it takes the place of the one that answered the question before. */
export function keepPhoto(store: PhoneStore, photo: Omit<Photo, "id" | "sent">): Promise<Photo> {
  return store.transaction("rw", store.entries, store.photos, async () => {
    await dropPhoto(store, photo.entry, photo.path);
    const made: Photo = { ...photo, id: uuid(), sent: false };
    await store.photos.add(made);
    return made;
  });
}

export async function dropPhoto(store: PhoneStore, entry: string, path: string): Promise<void> {
  await store.photos.where("entry").equals(entry).filter((one) => one.path === path && !one.sent).delete();
}

/** Say something of a task. What takes back a claim that has not left yet just unsays it. */
export function act(store: PhoneStore, kind: ActKind, door: Door, at: Date, reason = ""): Promise<Act | null> {
  return store.transaction("rw", store.acts, store.words, async () => {
    const waiting = (await store.acts.where("door.task_id").equals(door.task_id).toArray()).filter((one) => one.state === "queued");
    const claim = waiting.find((one) => one.kind === "claim" && one.attempts === 0);
    if (kind === "release" && claim) {
      await store.acts.delete(claim.id);
      return null;
    }
    const same = waiting.find((one) => one.kind === kind);
    if (same) return same;
    const made: Act = {
      id: uuid(), order: await nextOrder(store), kind, state: "queued", door: plain(door), reason, made_at: at.toISOString(),
      not_before: 0, attempts: 0, trouble: null, claimed_until: null, settled_at: null,
    };
    await store.acts.add(made);
    return made;
  });
}

/** Change an act that is still in a state. */
export function moveAct(store: PhoneStore, id: string, from: Act["state"], change: Partial<Act>): Promise<boolean> {
  return store.transaction("rw", store.acts, async () => {
    const there = await store.acts.get(id);
    if (there?.state !== from) return false;
    await store.acts.update(id, change as object);
    return true;
  });
}

function move(store: PhoneStore, id: string, from: EntryState[], change: (entry: Entry) => Partial<Entry>): Promise<boolean> {
  return store.transaction("rw", store.entries, async () => {
    const entry = await store.entries.get(id);
    if (!entry || !from.includes(entry.state)) return false;
    await store.entries.update(id, change(entry) as object);
    return true;
  });
}

/** Without the page's reactive wrappings, which the store can't clone. */
function plain<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value;
}
