/** Whether a job waits or runs; apart, for tests that have no browser. */
import type { Schemas } from "@/api/client";

const OPEN: readonly Schemas["JobState"][] = ["waiting", "running"];
export const isOpen = (job: Schemas["JobShown"] | null): boolean => job !== null && OPEN.includes(job.state);
