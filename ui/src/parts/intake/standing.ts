/** What goes on, or waits for somebody, when a page is opened anew: the server knows, not the page. */
import type { Schemas } from "@/api/client";
import type { Job, Planned } from "@/parts/upload/job";
import { isOpen } from "@/parts/upload/state";

export type Import = Schemas["ImportShown"];
export type Kind = Job["kind"];

/** One's newest job of a kind, where it still goes on. */
export function goingOn(jobs: readonly Job[], kind: Kind): Job | null {
  const newest = jobs.find((job) => job.mine && job.kind === kind);
  return newest && isOpen(newest) ? newest : null;
}

const namesOf = (job: Job) => (job.asked as { imports?: string[] }).imports ?? [];

/** A plan that was made and neither applied nor overtaken: the file it is of is still kept. */
export function awaiting(jobs: readonly Job[], imports: readonly Import[], kind: Kind): Job | null {
  const newest = jobs.find((job) => job.mine && job.kind === kind);
  if (!newest || newest.state !== "done") return null;
  const plan = newest.result as unknown as Planned | null;
  const kept = new Set(imports.map((one) => one.id));
  return plan && !plan.applied && namesOf(newest).every((id) => kept.has(id)) ? newest : null;
}

/** Files that came, or began to come, and that nothing reads: parted from a page that was closed. */
export function leftOver(jobs: readonly Job[], imports: readonly Import[], kinds: readonly Kind[]): Import[] {
  const busy = new Set(jobs.filter((job) => job.mine && isOpen(job)).flatMap(namesOf));
  const planned = new Set(kinds.map((kind) => awaiting(jobs, imports, kind)).flatMap((plan) => (plan ? namesOf(plan) : [])));
  return imports.filter((one) => !busy.has(one.id) && !planned.has(one.id));
}
