/** What a table would change, as its job tells it. */
import type { Said } from "@/language/words";
import type { Job, Planned } from "@/parts/upload/job";

export const KINDS = ["places", "organisations", "people", "pairings", "duties", "outlines"] as const;
export type What = (typeof KINDS)[number];

export interface Step {
  row: number;
  what: "add" | "change";
  code: string;
  name: Said;
  changes: Change[];
}
/** A column that changes: from what to what, null where blank; where it is `held` neither is told. */
export interface Change {
  column: string;
  was: Said | null;
  now: Said | null;
  held: boolean;
}
export type TablePlan = Planned & { steps: Step[]; column_texts: Record<string, Said> };

export function planOf(job: Job): TablePlan | null {
  return job.kind === "table" && job.state === "done" ? (job.result as unknown as TablePlan) : null;
}

/** Whether there is something to import, and what stands in the way. */
export function standing(plan: TablePlan, skip: boolean): "applied" | "nothing" | "refused" | "ready" {
  if (plan.applied) return "applied";
  if (plan.added + plan.changed === 0) return plan.refused && plan.refused === plan.rows ? "refused" : "nothing";
  return plan.refused && !skip ? "refused" : "ready";
}
