/**
 * How much waited on this phone, told where a browser that clears its large stores leaves it: without
 * it, somebody whose notes were cleared away would be told that all was sent.
 */
import { recall, remember, uuid, type PhoneStore } from "./database";

export interface Mark {
  /** Notes and claims that waited to be sent, and notes that were begun. */
  unsent: number;
  begun: number;
  /** When that was so, by the server's clock, in milliseconds. */
  at: number;
}

const keyOf = (person: string): string => `lamplit.kept.${person}`;

function marked(person: string): Mark | null {
  try {
    const { unsent, begun, at } = JSON.parse(localStorage.getItem(keyOf(person)) ?? "null") as Mark;
    return unsent + begun > 0 ? { unsent, begun, at } : null;
  } catch {
    return null; // Nothing was marked, or storage is off.
  }
}

export function mark(person: string, now: Mark): void {
  try {
    if (now.unsent + now.begun) localStorage.setItem(keyOf(person), JSON.stringify(now));
    else localStorage.removeItem(keyOf(person));
  } catch {
    // Storage is off: then there is no store either.
  }
}

/**
 * What was cleared away without its owner; null where nothing was. A store that is new although
 * something waited in the one before is the sign. It is told until its owner has seen it.
 */
export async function missing(store: PhoneStore): Promise<Mark | null> {
  if (!(await recall<string>(store, "born"))) {
    const gone = marked(store.person);
    if (gone && !(await store.entries.count())) await remember(store, "gone", gone);
    await remember(store, "born", uuid());
  }
  return (await recall<Mark>(store, "gone")) ?? null;
}

export async function seen(store: PhoneStore): Promise<void> {
  await store.words.delete("gone");
}
