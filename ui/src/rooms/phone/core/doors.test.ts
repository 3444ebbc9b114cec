import { describe, expect, it } from "vitest";
import { buildingsOf, doorsOf, nextDoor, whenOf } from "./doors";
import type { Act, Entry, KeptList, Listed, Place } from "./records";
import { doorOf } from "./testing";

const NOW = new Date("2026-02-03T10:00:00");
const place = (id: string, more: Partial<Place> = {}): Place => ({ id, kind: "household", code: id, version: 1, ...more });
const B1 = place("b1", { kind: "building", name_en: "Building 1" });
const B2 = place("b2", { kind: "building", name_en: "Building 2" });

function listed(id: string, building: Place, more: Partial<Listed["task"]> = {}, home = `h-${id}`): Listed {
  return {
    campaign_code: "C", programme: "household_sweep", title: { en: "Knock and ask", zh: "上门摸排" }, purpose: "p", knock_first: false, when: "today",
    place: place(home, { unit: "1", door: id }), building,
    task: {
      id, campaign_id: "c", place_id: home, building_id: building.id, version: 1, due_from: "2026-02-03T00:00:00", due_until: "2026-02-03T20:00:00",
      claimed_until: null, note: null, ...more,
    } as Listed["task"],
  };
}
const list = (own: Listed[], claimable: Listed[] = []): KeptList => ({ key: "tasks", at: "", fetched: 1000, own, claimable, more: false });
const note = (task: string, state: Entry["state"], settled: number | null = null): Entry =>
  ({ id: `uuid:${task}`, order: 1, state, door: doorOf(task), answers: { a: "b" }, queued_at: NOW.toISOString(), settled_at: settled }) as unknown as Entry;
const act = (task: string, kind: Act["kind"], state: Act["state"], settled: number | null = null): Act =>
  ({ id: task, kind, state, door: doorOf(task), settled_at: settled, claimed_until: null }) as unknown as Act;

describe("the doors of a phone", () => {
  it("are those of the list, with what this phone said since", () => {
    const doors = doorsOf(list([listed("1", B1), listed("2", B1), listed("3", B1)]), [note("1", "queued"), note("2", "received", 2000)], [], NOW);
    expect(doors.map((one) => one.standing)).toEqual(["unsent", "sent", "to_do"]);
  });

  it("believe a list that is newer than the receipt", () => {
    expect(doorsOf(list([listed("1", B1)]), [note("1", "received", 500)], [], NOW)[0]!.standing).toBe("to_do");
  });

  it("keep a day's work in sight when the list has it no more", () => {
    const doors = doorsOf(list([]), [note("1", "received", 500)], [], NOW);
    expect(doors).toMatchObject([{ task_id: "1", standing: "sent", mine: true }]);
    expect(doorsOf(list([]), [note("1", "received", 500)], [], new Date("2026-02-04T10:00:00"))).toEqual([]);
  });

  it("say that a claim is not confirmed until the server has said so", () => {
    const free = listed("1", B1);
    expect(doorsOf(list([], [free]), [], [act("1", "claim", "queued")], NOW)[0]).toMatchObject({ mine: true, claim: { confirmed: false } });
    expect(doorsOf(list([], [free]), [], [act("1", "claim", "done", 2000)], NOW)[0]).toMatchObject({ mine: true, claim: { confirmed: true } });
    expect(doorsOf(list([], [free]), [], [act("1", "claim", "refused", 2000)], NOW)[0]).toMatchObject({ mine: false, claim: null });
    expect(doorsOf(list([listed("2", B1)]), [], [act("2", "release", "queued")], NOW)[0]).toMatchObject({ mine: false, releasing: true });
  });

  it("take due times by the corrected clock", () => {
    const due = new Date("2026-02-03T09:00:00");
    expect(whenOf(new Date("2026-02-03T00:00:00"), due, NOW)).toBe("overdue");
    expect(whenOf(new Date("2026-02-03T00:00:00"), due, new Date("2026-02-02T10:00:00"))).toBe("later");
    expect(whenOf(NOW, new Date("2026-02-05"), NOW)).toBe("today");
  });

  it("stand by building and unit, and say what is left of each", () => {
    const doors = doorsOf(list([listed("1", B1), listed("2", B2), listed("3", B1)]), [note("2", "queued")], [], NOW);
    expect(buildingsOf(doors).map((one) => [one.key, one.left, one.all])).toEqual([["b1", 2, 2], ["b2", 0, 1]]);
  });

  it("stand together where they are sites in no building, and a house in none stands alone", () => {
    const at = (id: string, kind: Place["kind"]): Listed => ({ ...listed(id, B1), place: place(`p-${id}`, { kind }), building: null });
    const doors = doorsOf(list([at("1", "work_site"), at("2", "household"), at("3", "pump_station")]), [], [], NOW);
    expect(buildingsOf(doors).map((one) => [one.place?.id ?? null, one.all])).toEqual([[null, 2], ["p-2", 1]]);
  });

  it("go on to the home's other tasks, then to the next door, then around", () => {
    const own = [listed("1", B1), listed("2", B1), listed("3", B2), listed("4", B1, {}, "h-2")];
    const doors = doorsOf(list(own), [], [], NOW);
    expect(nextDoor(doors)?.task_id).toBe("1");
    expect(nextDoor(doors, { task_id: "2", place_id: "h-2" })?.task_id).toBe("4");
    const done = doorsOf(list(own), [note("2", "queued"), note("4", "queued")], [], NOW);
    expect(nextDoor(done, { task_id: "4", place_id: "h-2" })?.task_id).toBe("1");
    expect(nextDoor(doorsOf(list([]), [], [], NOW))).toBeNull();
  });
});
