import "fake-indexeddb/auto";
import { beforeEach, describe, expect, it } from "vitest";
import { PhoneStore, remember } from "./database";
import { mark, missing, seen } from "./mark";

const kept = new Map<string, string>();
const some = { unsent: 2, begun: 1, at: 1_000 };

async function opened(): Promise<PhoneStore> {
  const store = new PhoneStore("p1");
  await store.open();
  return store;
}

/** As a browser that is short of room does it: the stores go, the small change stays. */
async function cleared(store: PhoneStore): Promise<PhoneStore> {
  store.close();
  await store.delete();
  return opened();
}

describe("a browser that clears what a phone kept", () => {
  beforeEach(async () => {
    kept.clear();
    globalThis.localStorage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    } as Storage;
    await new PhoneStore("p1").delete();
  });

  it("is told of, until somebody has seen it", async () => {
    const first = await opened();
    expect(await missing(first)).toBeNull();
    mark("p1", some);
    const next = await cleared(first);
    expect(await missing(next)).toEqual(some);
    mark("p1", { unsent: 0, begun: 0, at: 2_000 });
    expect(await missing(next)).toEqual(some);
    await seen(next);
    expect(await missing(next)).toBeNull();
    next.close();
  });

  it("is no loss where nothing waited, or where it waited for somebody else", async () => {
    const first = await opened();
    await missing(first);
    mark("p1", { unsent: 0, begun: 0, at: 1_000 });
    mark("p2", some);
    const next = await cleared(first);
    expect(await missing(next)).toBeNull();
    next.close();
  });

  it("is not thought of where the store is there: what waited was sent with the page closed", async () => {
    const store = await opened();
    await missing(store);
    mark("p1", some);
    expect(await missing(store)).toBeNull();
    store.close();
  });

  it("is not thought of a store that was there before it was told when it was born", async () => {
    const store = await opened();
    mark("p1", some);
    await remember(store, "order", 3);
    await store.entries.add({ id: "uuid:1", state: "queued", order: 1, door: { task_id: "t" } } as never);
    expect(await missing(store)).toBeNull();
    store.close();
  });
});
