/** How the phone says places, times and spans. */
import { dayOf, language } from "@/language/i18n";
import { isolated } from "@/language/isolated";
import { dated, nameOf } from "@/language/words";
import { unitOf } from "@/parts/where";
import type { Entry, Place } from "./core/records";

const en = () => language() === "en";

/** The door alone, or the name of a place that is no home. */
export function doorName(place: Place): string {
  return isolated(place.door ?? "") || nameOf(place);
}

/** Building – unit – door. */
export function address(place: Place, building: Place | null): string {
  if (!place.door) return [building && nameOf(building), nameOf(place)].filter(Boolean).join(" – ");
  return [building && nameOf(building), unitOf(place.unit), isolated(place.door)].filter(Boolean).join(" – ");
}

/** `2 h 10 min`; days where it is long. */
export function span(milliseconds: number): string {
  const minutes = Math.max(0, Math.round(Math.abs(milliseconds) / 60_000));
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60];
  const words = en() ? ["d", "h", "min"] : ["天", "小时", "分钟"];
  const parts = [days && `${days} ${words[0]}`, hours && `${hours} ${words[1]}`, !days && (rest || !hours) && `${rest} ${words[2]}`];
  return parts.filter(Boolean).join(" ");
}

/** The hour where it is today, the day and the hour else. */
export function when(at: Date, now: Date): string {
  return dated(at, dayOf(at) === dayOf(now) ? "time" : "moment");
}

/** The words for what the server noticed about a note. */
export const FLAGS = {
  late: "flagLate", after_withdrawal: "flagWithdrawn", clock_skew: "flagClock", not_owner: "flagOwner", repeated: "flagRepeated",
  old_version: "flagVersion", stock_short: "flagStock", entity_held: "flagHeld", entity_conflict: "flagConflict",
} as const;

export function flagsOf(entry: Pick<Entry, "receipt">): (typeof FLAGS)[keyof typeof FLAGS][] {
  return (entry.receipt?.flags ?? []).flatMap((flag) => (flag in FLAGS ? [FLAGS[flag as keyof typeof FLAGS]] : []));
}
