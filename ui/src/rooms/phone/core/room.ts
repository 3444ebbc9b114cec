/** Room on the phone: whether the browser will keep what we give it, and what to do when it is full. */
import type { PhoneStore } from "./database";
import { isEmpty } from "./doors";
import { forget, unsent } from "./queue";
import { dropEvidence, forgetForms } from "./sync";
import type { Entry, Photo } from "./records";

export interface RoomLeft {
  /** Whether the browser promised not to clear it by itself; null where it can't say. */
  persistent: boolean | null;
  used: number | null;
  quota: number | null;
}

export const NEARLY_FULL = 0.85;
/** A photo and a note fit; below, nothing is sure to. */
export const LEAST_BYTES = 12_000_000;

export async function roomLeft(): Promise<RoomLeft> {
  if (typeof navigator === "undefined" || !("storage" in navigator)) return { persistent: null, used: null, quota: null };
  const [persistent, estimate] = await Promise.all([
    navigator.storage.persisted?.().catch(() => null) ?? null,
    navigator.storage.estimate?.().catch(() => null) ?? null,
  ]);
  return { persistent, used: estimate?.usage ?? null, quota: estimate?.quota ?? null };
}

/** Ask the browser not to clear it. Some ask the person, so only when there is something to keep. */
export async function askToKeep(): Promise<boolean | null> {
  if (typeof navigator === "undefined" || !navigator.storage?.persist) return null;
  return (await navigator.storage.persisted().catch(() => false)) || navigator.storage.persist().catch(() => null);
}

export function nearlyFull(room: RoomLeft): boolean {
  if (room.used === null || !room.quota) return false;
  return room.used / room.quota > NEARLY_FULL || room.quota - room.used < LEAST_BYTES;
}

export function isFull(fault: unknown): boolean {
  const named = fault as { name?: string; inner?: { name?: string } } | null;
  return named?.name === "QuotaExceededError" || named?.inner?.name === "QuotaExceededError";
}

/**
 * Write; where the phone is full, let go of what the server has or can give again, and write once
 * more. Throws as `write` does where that was not enough: then the person must be told.
 */
export async function write<Done>(store: PhoneStore, deed: () => Promise<Done>): Promise<Done> {
  try {
    return await deed();
  } catch (fault) {
    if (!isFull(fault)) throw fault;
    await makeRoom(store);
    return deed();
  }
}

export async function makeRoom(store: PhoneStore): Promise<void> {
  await forget(store, Date.now(), 0);
  await dropEvidence(store, null, Date.now() + 2 * 86_400_000);
  await forgetForms(store);
}

export interface Exported {
  made_at: string;
  person: string;
  notes: (Entry & { photos: { name: string; type: string; base64: string }[] })[];
}

/** All that has not arrived, as one file: the last resort of somebody whose phone gives up. */
export async function exported(store: PhoneStore, now: Date): Promise<Exported> {
  const entries = await store.entries.where("state").anyOf("draft", "queued", "sending", "refused").sortBy("order");
  const notes = [];
  for (const entry of entries) {
    const photos = await store.photos.where("entry").equals(entry.id).toArray();
    notes.push({ ...entry, photos: photos.map(asText) });
  }
  return { made_at: now.toISOString(), person: store.person, notes };
}

function asText(photo: Photo): { name: string; type: string; base64: string } {
  const bytes = new Uint8Array(photo.bytes);
  let text = "";
  for (let at = 0; at < bytes.length; at += 32_768) text += String.fromCharCode(...bytes.subarray(at, at + 32_768));
  return { name: photo.name, type: photo.type, base64: btoa(text) };
}

/** At sign-out: what is about homes goes; what has not been sent stays, for its author alone. */
export async function leave(store: PhoneStore): Promise<void> {
  await store.transaction("rw", store.lists, store.evidence, async () => {
    await store.lists.clear();
    await store.evidence.clear();
  });
  if (!(await unsent(store)) && !(await store.entries.where("state").equals("draft").filter((one) => !isEmpty(one)).count())) {
    store.close();
    await store.delete();
  }
}
