/** A job of the server, followed to its end. */
import { onScopeDispose, shallowRef, watch, type Ref } from "vue";
import { api, ask, type Schemas } from "@/api/client";
import { problemOf, type Problem } from "@/api/problem";
import { isOpen } from "./state";

export { isOpen };

export type Job = Schemas["JobShown"];
const POLL = 3_000;

/** Follow the job of an id by its events; where they can't be had, by asking now and then. */
export function useJob(id: Ref<string | null>) {
  const job = shallowRef<Job | null>(null);
  const problem = shallowRef<Problem | null>(null);
  let source: EventSource | null = null;
  let timer = 0;

  function stop(): void {
    source?.close();
    source = null;
    clearTimeout(timer);
  }
  function take(found: Job): void {
    if (found.id !== id.value || (job.value?.id === found.id && job.value.version > found.version)) return;
    job.value = found;
    problem.value = null;
    if (!isOpen(found)) stop();
  }
  async function look(): Promise<void> {
    const wanted = id.value;
    if (!wanted) return;
    clearTimeout(timer);
    try {
      take(await ask(api.GET("/api/v1/jobs/{job_id}", { params: { path: { job_id: wanted } } })));
    } catch (fault) {
      problem.value = problemOf(fault);
      if (!problem.value.passing) return stop();
    }
    if (id.value === wanted && (isOpen(job.value) || problem.value)) timer = window.setTimeout(() => void look(), POLL);
  }
  function follow(): void {
    stop();
    if (!id.value) return;
    void look();
    source = new EventSource(`/api/v1/jobs/${encodeURIComponent(id.value)}/events`);
    source.addEventListener("job", (event) => take(JSON.parse((event as MessageEvent<string>).data) as Job));
  }
  watch(id, () => {
    job.value = null;
    problem.value = null;
    follow();
  }, { immediate: true });
  onScopeDispose(stop);

  const act = (how: "cancel" | "retry") => async () => {
    if (!id.value) return;
    const at = { params: { path: { job_id: id.value } } };
    take(await ask(how === "cancel" ? api.POST("/api/v1/jobs/{job_id}/cancel", at) : api.POST("/api/v1/jobs/{job_id}/retry", at)));
    follow();
  };
  return { job, problem, cancel: act("cancel"), retry: act("retry") };
}

type Both = { en: string; zh: string };
/** A problem as a job keeps it. */
export interface Fault { code: string; says: Both; remedy: Both }

export interface Rows { read: number; kept: number; corrected: number; duplicate: number; quarantined: number }
/** What an ingest came to. */
export interface Ingested {
  rows: Rows;
  files: {
    name: string; layout: string | null; why: Both; batch: number | null; seen_before: string | null; rows: Rows; meters: number;
    day_min: string | null; day_max: string | null; reasons: Record<string, number>; notes: Both[]; problem: Fault | null;
  }[];
  unknown_meters: number; has_registry: boolean; seconds: number; dry_run: boolean;
}
/** What a registry or a table would change, or has. */
export interface Planned {
  rows: number; added: number; changed: number; closed?: number; unchanged: number; duplicate?: number; refused: number;
  meters_serving_several_at_once?: number; columns_left_aside?: string[]; names_households?: boolean;
  faults: { row: number; column: string; code: string; value: string; says: Both; remedy: Both }[];
  plan: string; applied: boolean;
}
/** What the nights came to. */
export interface Nights {
  through: string; nights: number; homes: number; reworked_homes: number; reworked_from: string | null;
  last_read: string | null; unread: number; afresh: boolean; evening: Record<string, unknown>;
}
