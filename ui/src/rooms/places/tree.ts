/** The tree of places as far as it was opened; kept while one walks from page to page. */
import { reactive } from "vue";
import { api, ask, type Schemas } from "@/api/client";
import { problemOf, type Problem } from "@/api/problem";

export type Place = Schemas["Place"];
const PAGE = 100;
/** What has something under it that the tree shows: homes are not in it. */
const OPENS: readonly Place["kind"][] = ["district", "community", "grid_cell"];

export interface Branch {
  open: boolean;
  busy: boolean;
  children: Place[];
  /** The cursor of the next page, null at the end, undefined before the first. */
  next: string | null | undefined;
  problem: Problem | null;
}

export const opens = (place: Place): boolean => OPENS.includes(place.kind);
const branches = reactive(new Map<string, Branch>());

export function branchOf(id: string): Branch {
  let found = branches.get(id);
  if (!found) {
    branches.set(id, { open: false, busy: false, children: [], next: undefined, problem: null });
    found = branches.get(id)!;
  }
  return found;
}

export async function more(id: string): Promise<void> {
  const branch = branchOf(id);
  if (branch.busy || branch.next === null) return;
  branch.busy = true;
  branch.problem = null;
  try {
    const page = await ask(api.GET("/api/v1/places/{place}/children", { params: { path: { place: id }, query: { limit: PAGE, cursor: branch.next ?? null } } }));
    branch.children.push(...page.items.filter((one) => one.kind !== "household"));
    branch.next = page.next ?? null;
  } catch (fault) {
    branch.problem = problemOf(fault);
  } finally {
    branch.busy = false;
  }
}

export function turn(id: string): void {
  const branch = branchOf(id);
  branch.open = !branch.open;
  if (branch.open && branch.next === undefined) void more(id);
}

/** Open the way down to a place, so that it is seen where it lies. */
export function reveal(above: readonly { id: string; open: boolean }[]): void {
  for (const one of above) {
    if (one.open && !branchOf(one.id).open) turn(one.id);
  }
}

/** Somebody else may sit here next, or places were imported: what was opened is asked anew. */
export function forget(): void {
  branches.clear();
}
