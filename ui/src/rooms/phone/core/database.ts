/**
 * One store for each person who uses this phone: who signs in next can't come upon another's notes,
 * and those of the one before wait for their owner.
 */
import Dexie, { type Table } from "dexie";
import type { Act, Entry, KeptEvidence, KeptForm, KeptList, KeptWord, Photo } from "./records";

export class PhoneStore extends Dexie {
  entries!: Table<Entry, string>;
  photos!: Table<Photo, string>;
  acts!: Table<Act, string>;
  lists!: Table<KeptList, string>;
  forms!: Table<KeptForm, string>;
  evidence!: Table<KeptEvidence, string>;
  words!: Table<KeptWord, string>;

  constructor(readonly person: string) {
    super(`lamplit-phone-${person}`);
    this.version(1).stores({
      entries: "id, state, order, door.task_id",
      photos: "id, entry",
      acts: "id, state, order, door.task_id",
      lists: "key",
      forms: "hash, programme",
      evidence: "key, opened",
      words: "key",
    });
  }
}

/** The next number of this phone, within a transaction that writes `words`. */
export async function nextOrder(store: PhoneStore): Promise<number> {
  const last = (await store.words.get("order"))?.value;
  const next = (typeof last === "number" ? last : 0) + 1;
  await store.words.put({ key: "order", value: next });
  return next;
}

export async function remember(store: PhoneStore, key: string, value: unknown): Promise<void> {
  await store.words.put({ key, value });
}

export async function recall<Value>(store: PhoneStore, key: string): Promise<Value | undefined> {
  return (await store.words.get(key))?.value as Value | undefined;
}

/** A UUIDv4, also where the page is not in a secure context. */
export function uuid(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
