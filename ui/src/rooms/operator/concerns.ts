/** What of the office's standing somebody should look at, the gravest first; nothing where all is well. */
import type { Schemas } from "@/api/client";

export type Status = Schemas["Status"];
export type Concern =
  | { code: "disk"; tone: "bad" | "warn"; free: number; share: number }
  | { code: "silent"; tone: "warn"; days: number }
  | { code: "unworked"; tone: "info" }
  | { code: "no_readings" | "no_registry"; tone: "info" }
  | { code: "rejected"; tone: "warn"; files: number }
  | { code: "set_aside"; tone: "warn"; count: number };

const LEAST_SHARE = 0.1;
const LEAST_BYTES = 2e9;
/** Readings of yesterday come during the day; two days without any are worth a call. */
const SILENT_DAYS = 2;

export function daysBetween(first: string, last: string): number {
  return Math.round((Date.parse(last) - Date.parse(first)) / 86_400_000);
}

export function concerns(now: Status): Concern[] {
  const found: Concern[] = [];
  const share = now.disk_total ? now.disk_free / now.disk_total : 1;
  if (now.disk_free < LEAST_BYTES) found.push({ code: "disk", tone: "bad", free: now.disk_free, share });
  else if (share < LEAST_SHARE) found.push({ code: "disk", tone: "warn", free: now.disk_free, share });
  if (now.last_day === null) found.push({ code: "no_readings", tone: "info" });
  else {
    const days = daysBetween(now.last_day, now.today);
    if (days > SILENT_DAYS) found.push({ code: "silent", tone: "warn", days });
  }
  if (now.set_aside) found.push({ code: "set_aside", tone: "warn", count: now.set_aside });
  if (now.rejected) found.push({ code: "rejected", tone: "warn", files: now.rejected });
  if (now.last_day !== null && now.unworked) found.push({ code: "unworked", tone: "info" });
  if (!now.has_registry) found.push({ code: "no_registry", tone: "info" });
  return found;
}
