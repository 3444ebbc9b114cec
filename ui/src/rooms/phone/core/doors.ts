/** What a phone's list of doors looks like: the server's word, and what this phone said since. */
import type { Act, Entry, KeptList, Listed, Place, Said } from "./records";

export type When = "overdue" | "today" | "later";
/** What this phone knows of a door, beyond the list. */
export type Standing = "to_do" | "draft" | "unsent" | "sent" | "set_aside" | "refused";

export interface Claim {
  /** Null where it was assigned: it does not run out. */
  until: Date | null;
  confirmed: boolean;
}

export interface DoorShown {
  task_id: string;
  version: number;
  programme: string;
  campaign_id: string;
  campaign_code: string;
  purpose: string;
  title: Said;
  place: Place;
  building: Place | null;
  note: string;
  due: Date;
  when: When;
  standing: Standing;
  /** Whose it is: mine by claim or by somebody's word; free; or asked for and refused. */
  mine: boolean;
  claim: Claim | null;
  /** What the meters say is told once the visit is made. */
  knockFirst: boolean;
  /** A release that has not reached the server yet. */
  releasing: boolean;
  order: number;
}

export interface UnitShown {
  name: string;
  doors: DoorShown[];
}

export interface BuildingShown {
  key: string;
  place: Place | null;
  units: UnitShown[];
  left: number;
  all: number;
}

export function isDone(door: DoorShown): boolean {
  return door.standing === "unsent" || door.standing === "sent" || door.standing === "set_aside" || door.standing === "refused";
}

/** All doors, in the order in which to walk them: the server's, which follows the plan where one was applied. */
export function doorsOf(list: KeptList | null, entries: readonly Entry[], acts: readonly Act[], now: Date): DoorShown[] {
  if (!list) return [];
  const notes = grouped(entries, (one) => one.door.task_id);
  const said = grouped(acts, (one) => one.door.task_id);
  const shown = (one: Listed, mine: boolean, order: number) =>
    shownOf(one, mine, order, notes.get(one.task.id) ?? [], said.get(one.task.id) ?? [], list, now);
  const own = list.own.map((one, at) => shown(one, true, at));
  const free = list.claimable.map((one, at) => shown(one, false, list.own.length + at));
  const listed = [...own, ...free].filter((one) => one !== null);
  const known = new Set(listed.map((one) => one.task_id));
  return [...listed, ...visited(entries, known, now)];
}

/** Doors that were done today and that the list has no more: a day's work is not gone from sight. */
function visited(entries: readonly Entry[], known: Set<string>, now: Date): DoorShown[] {
  const last = new Map(entries.filter((one) => one.state !== "draft" && !known.has(one.door.task_id)).map((one) => [one.door.task_id, one]));
  return [...last.values()]
    .filter((one) => isToday(new Date(one.queued_at ?? one.changed_at), now) || !SETTLED.has(one.state))
    .map((one) => ({
      ...one.door, purpose: "", note: "", due: now, when: "today", standing: standingWord(one.state), mine: true, claim: null,
      knockFirst: false, releasing: false, order: Number.MAX_SAFE_INTEGER,
    }));
}

const SETTLED = new Set(["received", "set_aside"]);

function isToday(at: Date, now: Date): boolean {
  return at.toDateString() === now.toDateString();
}

function standingWord(state: Entry["state"]): Standing {
  if (state === "queued" || state === "sending") return "unsent";
  return state === "received" ? "sent" : state;
}

function grouped<One>(all: readonly One[], key: (one: One) => string): Map<string, One[]> {
  const found = new Map<string, One[]>();
  for (const one of all) found.set(key(one), [...(found.get(key(one)) ?? []), one]);
  return found;
}

function shownOf(one: Listed, own: boolean, order: number, notes: Entry[], acts: Act[], list: KeptList, now: Date): DoorShown | null {
  const { task } = one;
  const standing = standingOf(notes, list);
  const last = acts.filter((act) => act.state !== "refused" && (act.settled_at === null || act.settled_at > list.fetched)).at(-1);
  if (last?.kind === "not-executable") return null;
  const released = last?.kind === "release";
  const claimed = last?.kind === "claim";
  const mine = released ? false : own || claimed;
  const until = claimed && last.claimed_until ? last.claimed_until : task.claimed_until;
  const due = new Date(task.due_until);
  return {
    task_id: task.id, version: task.version, programme: one.programme, campaign_id: task.campaign_id, campaign_code: one.campaign_code,
    purpose: one.purpose,
    title: one.title, place: one.place, building: one.building, note: task.note ?? "", due, when: whenOf(new Date(task.due_from), due, now),
    standing, mine, releasing: released && last.state !== "done",
    claim: mine ? { until: until ? new Date(until) : null, confirmed: own || last?.state === "done" } : null,
    knockFirst: one.knock_first,
    order,
  };
}

/** A form that was opened and left again says nothing. */
export function isEmpty(entry: Entry): boolean {
  return entry.state === "draft" && Object.keys(entry.answers).length === 0;
}

/** A note counts until the server's list is newer than its receipt: then the list knows better. */
function standingOf(notes: Entry[], list: KeptList): Standing {
  const last = notes.filter((one) => !isEmpty(one)).sort((one, other) => one.order - other.order).at(-1);
  if (!last) return "to_do";
  return SETTLED.has(last.state) && (last.settled_at ?? 0) < list.fetched ? "to_do" : standingWord(last.state);
}

export function whenOf(from: Date, until: Date, now: Date): When {
  if (until < now) return "overdue";
  const tomorrow = new Date(now);
  tomorrow.setHours(24, 0, 0, 0);
  return from < tomorrow ? "today" : "later";
}

/** Whether people live there. Work sites and the like are places, and nobody's door. */
export const isHome = (door: Pick<DoorShown, "place">): boolean => door.place.kind === "household";

/** By building and unit, in the order in which each first comes; what is done stays in its place. Places that are no homes and lie in no building stand together, as one without a place of its own. */
export function buildingsOf(doors: readonly DoorShown[]): BuildingShown[] {
  const found = new Map<string, BuildingShown>();
  for (const door of doors) {
    const alone = !door.building && !isHome(door);
    const key = alone ? "" : door.building?.id ?? door.place.id;
    const building = found.get(key) ?? { key, place: alone ? null : door.building ?? door.place, units: [], left: 0, all: 0 };
    found.set(key, building);
    const name = door.place.unit ?? "";
    let unit = building.units.find((each) => each.name === name);
    if (!unit) building.units.push((unit = { name, doors: [] }));
    unit.doors.push(door);
    building.all++;
    if (!isDone(door)) building.left++;
  }
  return [...found.values()];
}

/**
 * The next door: after a visit first the same household's other tasks, then on from where one
 * stands, in the walk's order, and from its beginning where it is through. One's own before free
 * ones; what begins later is nobody's next.
 */
export function nextDoor(doors: readonly DoorShown[], after?: { task_id: string; place_id: string }): DoorShown | null {
  const open = doors.filter((one) => one.mine && one.when !== "later" && !isDone(one) && one.task_id !== after?.task_id);
  if (!after) return open[0] ?? null;
  const at = doors.findIndex((one) => one.task_id === after.task_id);
  return open.find((one) => one.place.id === after.place_id) ?? open.find((one) => doors.indexOf(one) > at) ?? open[0] ?? null;
}
