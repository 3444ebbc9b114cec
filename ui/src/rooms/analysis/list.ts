/** Tonight's list as it is looked through: by state or event, and what a file is asked for. */
import type { Schemas } from "@/api/client";
import { grouped } from "@/parts/grouped";

export type Listed = Schemas["ListedDoor"];

/** What a door is on the list for: what happened, else the state that it is in. */
export function reasonOf(door: Pick<Listed, "event" | "state">): { table: "event" | "state"; value: string } {
  return door.event ? { table: "event", value: door.event } : { table: "state", value: door.state };
}

export interface Slice {
  key: string;
  table: "event" | "state";
  value: string;
  count: number;
}

/** What the doors are listed for, the most frequent first. */
export function slices(doors: readonly Listed[]): Slice[] {
  const by = grouped(doors, (one) => {
    const reason = reasonOf(one);
    return `${reason.table}:${reason.value}`;
  });
  return [...by].map(([key, some]) => ({ key, ...reasonOf(some[0]!), count: some.length })).sort((a, b) => b.count - a.count);
}

export function inSlice(doors: readonly Listed[], key: string): readonly Listed[] {
  if (!key) return doors;
  return doors.filter((one) => {
    const reason = reasonOf(one);
    return `${reason.table}:${reason.value}` === key;
  });
}

/** The address of a file of the list; what is left empty is the server's to choose. */
export function exportPath(kind: "csv" | "xlsx", wish: { purpose: string; place: string; day: string; top: number | null; evidence: boolean }): string {
  const query = new URLSearchParams({ kind, purpose: wish.purpose.trim() });
  if (wish.place) query.set("place", wish.place);
  if (wish.day) query.set("day", wish.day);
  if (wish.top) query.set("top", String(wish.top));
  if (wish.evidence) query.set("evidence", "true");
  return `/api/v1/sweep/exports?${query.toString()}`;
}
