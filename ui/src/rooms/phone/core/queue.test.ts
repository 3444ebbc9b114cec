import "fake-indexeddb/auto";
import { afterEach, describe, expect, it } from "vitest";
import { PhoneStore } from "./database";
import * as queue from "./queue";
import { send } from "./sender";
import { Killed, ServerInHand, chances, doorOf, type Line } from "./testing";

const FORM = { hash: "h1", id: "f", version: "1" };
const AT = new Date("2026-02-03T08:00:00Z");
const opened: PhoneStore[] = [];
let number = 0;

/** A phone's store of its own for each test. */
class TestStore extends PhoneStore {
  constructor(name: string, override readonly person: string) {
    super(`${name}-${person}`);
  }
}
function open(name = `t${++number}`, person = "p1"): PhoneStore {
  const made = new TestStore(name, person);
  opened.push(made);
  return made;
}
afterEach(async () => {
  for (const one of opened.splice(0)) await one.delete();
});

async function note(store: PhoneStore, task: string, answer = "x"): Promise<string> {
  const draft = await queue.begin(store, { door: doorOf(task), form: FORM, at: AT });
  await queue.keep(store, draft.id, { "/data/door": answer }, AT);
  await queue.finish(store, draft.id, `<data>${task} ${answer}</data>`, AT);
  return draft.id;
}

describe("the queue", () => {
  it("keeps a draft by each answer, and takes it up again whatever happened between", async () => {
    const store = open();
    const draft = await queue.begin(store, { door: doorOf("a"), form: FORM, at: AT });
    await queue.keep(store, draft.id, { "/data/door": "told" }, AT);
    store.close();
    await store.open();
    const again = await queue.begin(store, { door: doorOf("a"), form: { ...FORM, hash: "h2", version: "2" }, at: AT });
    expect(again).toMatchObject({ id: draft.id, answers: { "/data/door": "told" }, form: FORM });
  });

  it("sends the oldest first, whatever the clock says", async () => {
    const store = open();
    const server = new ServerInHand();
    const first = await note(store, "a");
    const draft = await queue.begin(store, { door: doorOf("b"), form: FORM, at: new Date("1999-01-01") });
    await queue.finish(store, draft.id, "<b/>", new Date("1999-01-01"));
    expect(await send(store, server)).toBe("sent");
    expect(server.arrivals).toEqual([first, draft.id]);
  });

  it("marks a note as under way before the first byte leaves", async () => {
    const store = open();
    const server = new ServerInHand();
    const id = await note(store, "a");
    let seen = {};
    server.submit = async (entry) => {
      seen = { ...(await store.entries.get(entry.id)) };
      throw new Killed();
    };
    await expect(send(store, server)).rejects.toThrow(Killed);
    expect(seen).toMatchObject({ state: "sending", attempts: 1 });
    const next = new ServerInHand();
    expect(await send(store, next)).toBe("sent");
    expect(next.arrivals).toEqual([id]);
  });

  it("takes one tap back for as long as it is held, and not after it has left", async () => {
    const store = open();
    const server = new ServerInHand();
    let now = 1_000_000;
    const tapped = await queue.tap(store, { door: doorOf("a"), form: FORM, at: AT }, (entry) => `<data>${entry.id}</data>`, now);
    expect(await send(store, server, { now: () => now })).toBe("waits");
    expect(await queue.takeBack(store, tapped.id)).toBe(true);
    const second = await queue.tap(store, { door: doorOf("b"), form: FORM, at: AT }, () => "<data/>", now);
    now += queue.HELD_MS;
    await send(store, server, { now: () => now });
    expect(await queue.takeBack(store, second.id)).toBe(false);
    expect(server.arrivals).toEqual([second.id]);
  });

  it("keeps what was refused until its owner decides, and lets the others pass", async () => {
    const store = open();
    const server = new ServerInHand();
    const id = await note(store, "a");
    server.line = "too_large";
    await send(store, server);
    expect(await store.entries.get(id)).toMatchObject({ state: "refused", trouble: { code: "web.too-large" } });
    server.line = "good";
    const other = await note(store, "b");
    await send(store, server);
    expect(server.arrivals).toEqual([other]);
    expect(await queue.unsent(store)).toBe(1);
    await queue.again(store, id);
    await send(store, server);
    expect(server.arrivals).toEqual([other, id]);
  });

  it("says of a note that was set aside that it is there, and for whom it waits", async () => {
    const store = open();
    const server = new ServerInHand();
    const id = await note(store, "a");
    server.quarantines.add(id);
    await send(store, server);
    expect((await store.entries.get(id))?.state).toBe("set_aside");
    expect(await queue.unsent(store)).toBe(0);
  });

  it("lets nobody else's session carry a person's notes", async () => {
    const store = open();
    const server = new ServerInHand();
    await note(store, "a");
    server.person = "p2";
    expect(await send(store, server)).toBe("other_person");
    expect(server.notes.size).toBe(0);
    expect(await queue.unsent(open("t-else", "p2"))).toBe(0);
  });

  it("waits longer after each failure, and not at all once the line is back", async () => {
    const store = open();
    const server = new ServerInHand();
    let now = 0;
    const id = await note(store, "a");
    server.line = "down";
    const waits = [];
    for (let turn = 0; turn < 4; turn++) {
      expect(await send(store, server, { now: () => now, chance: () => 1 })).toBe("offline");
      const until = (await store.entries.get(id))!.not_before;
      waits.push(until - now);
      now = until;
      server.submit = async () => ({ kind: "wait", trouble: { code: "client.lost", title: "", detail: "" }, after: null, line: true });
      server.line = "good";
    }
    expect(waits[1]! < waits[2]! && waits[2]! < waits[3]!).toBe(true);
    await queue.wake(store);
    expect((await store.entries.get(id))!.not_before).toBe(0);
  });

  it("claims once, and unsays a claim that has not left", async () => {
    const store = open();
    const server = new ServerInHand();
    await queue.act(store, "claim", doorOf("a"), AT);
    await queue.act(store, "claim", doorOf("a"), AT);
    await queue.act(store, "claim", doorOf("b"), AT);
    expect(await queue.act(store, "release", doorOf("b"), AT)).toBeNull();
    server.line = "reply_lost";
    await send(store, server);
    await queue.wake(store);
    server.line = "good";
    await send(store, server);
    expect([...server.acts.values()]).toEqual([{ kind: "claim", times: 2 }]);
    server.taken.add("c");
    await queue.act(store, "claim", doorOf("c"), AT);
    await send(store, server);
    expect(await store.acts.where({ "door.task_id": "c" }).first()).toMatchObject({ state: "refused", trouble: { code: "task.taken" } });
  });

  it("keeps a copy for some days after the receipt, then lets it go", async () => {
    const store = open();
    const id = await note(store, "a");
    const draft = await note(store, "b");
    await send(store, new ServerInHand(), { now: () => 1000 });
    await queue.forget(store, 1000 + queue.KEPT_MS - 1);
    expect((await store.entries.get(id))?.xml).toContain("a x");
    expect(await queue.forget(store, 1000 + queue.KEPT_MS)).toBe(2);
    expect(await store.entries.get(draft)).toBeUndefined();
  });

  it("sends photos in parts, and after a broken line only those that are missing", async () => {
    const store = open();
    const server = new ServerInHand();
    const draft = await queue.begin(store, { door: doorOf("a"), form: FORM, at: AT });
    for (const name of ["1.jpg", "2.jpg", "3.jpg"]) {
      await queue.keepPhoto(store, { entry: draft.id, path: name, name, type: "image/jpeg", bytes: new ArrayBuffer(1_000_000) });
    }
    await queue.finish(store, draft.id, "<data/>", AT);
    const sizes: number[] = [];
    const submit = server.submit.bind(server);
    server.submit = async (entry, photos) => {
      sizes.push(photos.length);
      server.line = sizes.length === 2 ? "down" : "good";
      return submit(entry, photos);
    };
    await send(store, server);
    await queue.wake(store);
    server.line = "good";
    await send(store, server);
    expect(sizes).toEqual([1, 1, 1, 1]);
    expect(server.notes.get(draft.id)?.photos.size).toBe(3);
    expect((await store.entries.get(draft.id))?.state).toBe("received");
  });

  it("builds a second note on one task upon the first, and begins anew on a newer version", async () => {
    const store = open();
    await note(store, "a");
    await note(store, "a");
    const third = await queue.begin(store, { door: doorOf("a", 3), form: FORM, at: AT });
    const [first, second] = await store.entries.orderBy("order").toArray();
    expect([first!.branch.base, second!.branch.base, third.branch.base]).toEqual([1, 2, 3]);
    expect(second!.branch.id).toBe(first!.branch.id);
    expect(third.branch.id).not.toBe(first!.branch.id);
  });
});

describe("in any order of lines, kills and replies", () => {
  const LINES: Line[] = ["good", "good", "down", "reply_lost", "killed", "portal", "failing", "signed_out"];

  it.each(Array.from({ length: 24 }, (_, seed) => seed))("nothing is lost and nothing doubled (%i)", async (seed) => {
    const chance = chances(seed);
    const pick = <One>(all: readonly One[]): One => all[Math.floor(chance() * all.length)]!;
    const store = open();
    const server = new ServerInHand();
    const said = new Map<string, string>();
    const held = new Set<string>();
    let now = 1;
    for (let step = 0; step < 25; step++) {
      server.line = pick(LINES);
      now += Math.floor(chance() * 10_000);
      const task = pick(["a", "b", "c", "d"]);
      const deed = chance();
      if (deed < 0.3) {
        const id = await note(store, task, `n${step}`);
        said.set(id, (await store.entries.get(id))!.xml!);
      } else if (deed < 0.4) {
        const made = await queue.tap(store, { door: doorOf(task), form: FORM, at: AT }, (entry) => `<tap>${entry.id}</tap>`, now);
        held.add(made.id);
      } else if (deed < 0.5 && held.size) {
        const id = pick([...held]);
        if (await queue.takeBack(store, id)) held.delete(id);
      } else if (deed < 0.6) {
        await queue.wake(store);
      } else if (deed < 0.65) {
        store.close();
        await store.open();
      } else {
        // Two tabs at once.
        await Promise.allSettled([send(store, server, { now: () => now, chance }), send(store, server, { now: () => now, chance })]);
      }
    }
    server.line = "good";
    for (let round = 0; round < 3; round++) {
      now += 3_600_000;
      await send(store, server, { now: () => now, chance });
    }
    expect(new Set(server.notes.keys())).toEqual(new Set([...said.keys(), ...held]));
    for (const [id, xml] of said) expect(server.notes.get(id)?.xml).toBe(xml);
    expect(server.arrivals.length).toBe(server.notes.size);
    expect(await queue.unsent(store)).toBe(0);
    const states = await store.entries.toArray();
    expect(states.every((one) => one.state === "received" || one.state === "draft")).toBe(true);
  }, 20_000);
});
