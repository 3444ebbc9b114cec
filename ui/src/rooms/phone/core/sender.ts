/**
 * The sender: one at a time in all tabs and the service worker, the oldest first, each note with
 * the same instance id until there is a receipt for it.
 */
import type { PhoneStore } from "./database";
import type { Net } from "./net";
import * as queue from "./queue";
import type { Act, Entry, Photo } from "./records";
import { LOST, type Verdict } from "./verdict";

export type Round = "nothing" | "sent" | "offline" | "sign_in" | "other_person" | "busy" | "waits";

/** Photos travel in parts, so that a line that breaks need not carry them all again. */
export const PART_BYTES = 1_500_000;
/** So many answers of failure in a row and it is the server, not the notes. */
const ENOUGH = 2;

export interface Options {
  now?: () => number;
  chance?: () => number;
}

/** Run alone: by the browser's locks, or where there are none by a lease in the store. */
export async function alone<Done>(store: PhoneStore, run: () => Promise<Done>): Promise<Done | null> {
  const name = `${store.name}-sender`;
  if (typeof navigator !== "undefined" && "locks" in navigator) {
    return navigator.locks.request(name, { ifAvailable: true }, async (lock) => (lock ? run() : null));
  }
  return leased(store, run);
}

const LEASE_MS = 90_000;

async function leased<Done>(store: PhoneStore, run: () => Promise<Done>): Promise<Done | null> {
  const took = await store.transaction("rw", store.words, async () => {
    const held = (await store.words.get("lease"))?.value;
    if (typeof held === "number" && held > Date.now() && held < Date.now() + 2 * LEASE_MS) return false;
    await store.words.put({ key: "lease", value: Date.now() + LEASE_MS });
    return true;
  });
  if (!took) return null;
  const renew = setInterval(() => void store.words.put({ key: "lease", value: Date.now() + LEASE_MS }), LEASE_MS / 3);
  try {
    return await run();
  } finally {
    clearInterval(renew);
    await store.words.delete("lease");
  }
}

/** Send what is due. Says how it went; what could not go stays. */
export async function send(store: PhoneStore, net: Net, options: Options = {}): Promise<Round> {
  return (await alone(store, () => round(store, net, options))) ?? "busy";
}

async function round(store: PhoneStore, net: Net, options: Options): Promise<Round> {
  const now = options.now ?? Date.now;
  await queue.pickUp(store);
  await queue.forget(store, now());
  const due = await dueNow(store, now());
  if (!due.length) return (await queue.unsent(store)) ? "waits" : "nothing";
  const who = await net.who();
  if (who.kind !== "told") return who.kind === "sign_in" ? "sign_in" : offline(store, due, options);
  // Notes are their author's: nobody else's session may carry them.
  if (who.data.person_id !== store.person) return "other_person";
  let failures = 0;
  for (const one of due) {
    const verdict = "xml" in one ? await sendEntry(store, net, one, who.data.csrf, options) : await sendAct(store, net, one, who.data.csrf, options);
    if (verdict === "sign_in") return "sign_in";
    if (verdict === "line") return "offline";
    failures = verdict === "wait" ? failures + 1 : 0;
    if (failures >= ENOUGH) return "waits";
  }
  return "sent";
}

async function dueNow(store: PhoneStore, now: number): Promise<(Entry | Act)[]> {
  const ready = (one: Entry | Act) => one.not_before <= now || one.not_before > now + 86_400_000; // A clock set back must not hold it.
  const entries = await store.entries.where("state").equals("queued").filter(ready).toArray();
  const acts = await store.acts.where("state").equals("queued").filter(ready).toArray();
  return [...entries, ...acts].sort((one, other) => one.order - other.order);
}

/** Nobody answered before anything was sent: say so at what waits, and ask again later. */
async function offline(store: PhoneStore, due: (Entry | Act)[], options: Options): Promise<Round> {
  const [first] = due;
  const until = (options.now ?? Date.now)() + queue.wait(first!.attempts, options.chance?.());
  await store.transaction("rw", store.entries, store.acts, async () => {
    for (const one of due) {
      const change = { trouble: LOST, not_before: until };
      if ("xml" in one) await store.entries.where({ id: one.id, state: "queued" }).modify(change);
      else await store.acts.where({ id: one.id, state: "queued" }).modify(change);
    }
  });
  return "offline";
}

type Went = "sent" | "wait" | "line" | "sign_in";

async function sendEntry(store: PhoneStore, net: Net, entry: Entry, csrf: string | null, options: Options): Promise<Went> {
  const now = options.now ?? Date.now;
  if (!(await queue.takeUp(store, entry.id))) return "sent"; // Taken back meanwhile.
  const parts = partsOf((await store.photos.where("entry").equals(entry.id).toArray()).filter((one) => !one.sent));
  let verdict: Verdict = { kind: "wait", trouble: LOST, after: null, line: true };
  for (const photos of parts) {
    verdict = await net.submit(entry, photos, csrf);
    if (verdict.kind !== "received") break;
    await store.photos.where("id").anyOf(photos.map((one) => one.id)).modify({ sent: true });
  }
  switch (verdict.kind) {
    case "received":
      await queue.settle(store, entry.id, verdict.receipt, now());
      return "sent";
    case "refused":
      await queue.refuse(store, entry.id, verdict.trouble);
      return "sent";
    case "sign_in":
      await queue.failed(store, entry.id, { code: "client.sign_in", title: "", detail: "" }, 0);
      return "sign_in";
    case "wait":
      await queue.failed(store, entry.id, verdict.trouble, now() + (verdict.after ?? queue.wait(entry.attempts, options.chance?.())));
      return verdict.line ? "line" : "wait";
  }
}

/** At least one part, for the note itself. */
function partsOf(photos: Photo[]): Photo[][] {
  const parts: Photo[][] = [[]];
  let bytes = 0;
  for (const one of photos) {
    if (bytes && bytes + one.bytes.byteLength > PART_BYTES) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)!.push(one);
    bytes += one.bytes.byteLength;
  }
  return parts;
}

async function sendAct(store: PhoneStore, net: Net, act: Act, csrf: string | null, options: Options): Promise<Went> {
  const now = options.now ?? Date.now;
  if (!(await queue.moveAct(store, act.id, "queued", { state: "sending", attempts: act.attempts + 1 }))) return "sent";
  const verdict = await net.act(act, csrf);
  switch (verdict.kind) {
    case "told":
      await queue.moveAct(store, act.id, "sending", {
        state: "done", trouble: null, claimed_until: verdict.data.claimed_until, settled_at: now(),
      });
      return "sent";
    case "sign_in":
      await queue.moveAct(store, act.id, "sending", { state: "queued", not_before: 0 });
      return "sign_in";
    case "wait":
      // Not allowed, or gone: that will not change by asking again.
      if (!verdict.line && verdict.after === null && final(verdict.trouble.code)) break;
      await queue.moveAct(store, act.id, "sending", {
        state: "queued", trouble: verdict.trouble, not_before: now() + (verdict.after ?? queue.wait(act.attempts, options.chance?.())),
      });
      return verdict.line ? "line" : "wait";
    case "refused":
      break;
  }
  await queue.moveAct(store, act.id, "sending", { state: "refused", trouble: verdict.trouble, settled_at: now() });
  return "sent";
}

function final(code: string): boolean {
  return code.startsWith("task.") || code.startsWith("door.") || code.startsWith("campaign.") || code === "store.not-found";
}
